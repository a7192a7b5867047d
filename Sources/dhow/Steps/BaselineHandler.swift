// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Monitoring
import Pipelines

/// `kind: baseline`: freezes what a monitor compares the windows of a version with, from held-out rows that the version scored.
///
/// `with`: `monitor`, `model`, `version`, `rows` (CSV file with features, `score` and `label`).
struct BaselineHandler: StepHandler {
    static let largestFile: Int64 = 256 << 20

    let monitors: Monitors
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let (digest, size) = try arguments.file("rows")
        let text = String(decoding: try await arguments.bytes(digest, size, "rows", limit: Self.largestFile), as: UTF8.self)
        _ = try await monitors.rebase(
            try await arguments.text("monitor"), model: try await arguments.text("model"), version: try await arguments.integer("version"),
            fromCSV: text, by: work.caller)
        return .done([:])
    }
}
