// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// What a loaded booster says of itself.
struct BoosterDescription {
    let featureCount: Int
    /// Empty when it was trained without.
    let featureNames: [String]
    let answers: TreeOutputs
    /// Rounds that are used: those up to the best one where training stopped early, as XGBoost's scikit-learn classes do; 0 for all.
    let rounds: Int

    init(of booster: XGBoostLibrary.Booster, in library: XGBoostLibrary) throws(Problem) {
        func check(_ status: Int32) throws(Problem) {
            guard status == 0 else {
                throw Problem(.invalid, "serving.model.unreadable", "The model does not say what it takes.", why: library.failure())
            }
        }
        var count: UInt64 = 0
        try check(library.featureCount(booster, &count))
        guard count > 0, count <= 1 << 20 else {
            throw Problem(.invalid, "serving.model.unsupported", "The model has \(count) features.", why: "1 to \(1 << 20) can be served.")
        }
        featureCount = Int(count)

        var nameCount: UInt64 = 0
        var names: XGBoostLibrary.Texts?
        try check(library.featureTexts(booster, "feature_name", &nameCount, &names))
        featureNames = (0..<Int(nameCount)).compactMap { index in names?[index].map { String(cString: $0) } }

        var best: UnsafePointer<CChar>?
        var isSet: Int32 = 0
        try check(library.attribute(booster, "best_iteration", &best, &isSet))
        rounds = isSet != 0 ? best.flatMap { Int(String(cString: $0)) }.map { max(0, $0) + 1 } ?? 0 : 0

        var length: UInt64 = 0
        var text: UnsafePointer<CChar>?
        try check(library.saveConfiguration(booster, &length, &text))
        let configuration = try JSONReader.value(of: text.map { String(cString: $0) } ?? "{}")
        let learner = configuration["learner"]
        let parameters = learner?["learner_model_param"]
        let classes = parameters?["num_class"]?.text.flatMap { Int($0) } ?? 0
        let targets = parameters?["num_target"]?.text.flatMap { Int($0) } ?? 1
        answers =
            switch learner?["objective"]?["name"]?.text {
            case "binary:logistic" where targets == 1: .binary
            case "binary:hinge", "multi:softmax": .label
            case "multi:softprob": .multiclass(max(1, classes))
            default: .values(max(1, classes, targets))
            }
    }
}
