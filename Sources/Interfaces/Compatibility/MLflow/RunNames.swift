// SPDX-License-Identifier: Apache-2.0

import Tracking

/// Names of runs by MLflow's convention: the tag `mlflow.runName` and the run's name are the same, and a run without one gets a random one.
enum RunNames {
    static let tag = "mlflow.runName"

    private static let adjectives = [
        "amber", "bold", "brisk", "calm", "clear", "deft", "eager", "fair", "gentle", "grand", "keen", "light", "merry", "mild", "noble",
        "plain", "proud", "quick", "quiet", "rapid", "ready", "sharp", "smooth", "solid", "spry", "steady", "sunny", "swift", "vivid",
        "warm",
    ]
    private static let nouns = [
        "badger", "beaver", "crane", "dove", "eagle", "falcon", "finch", "fox", "gannet", "hare", "heron", "ibis", "jay", "kestrel", "lark",
        "lynx", "marten", "otter", "owl", "plover", "raven", "robin", "seal", "shrew", "stork", "swan", "tern", "vole", "wren", "yak",
    ]

    static func random() -> String {
        "\(adjectives.randomElement() ?? "plain")-\(nouns.randomElement() ?? "wren")-\(Int.random(in: 100...999))"
    }

    /// The name that the tags give, the last one.
    static func name(in tags: [Tag]) -> String? {
        tags.last { $0.key == tag && !$0.value.isEmpty }?.value
    }
}
