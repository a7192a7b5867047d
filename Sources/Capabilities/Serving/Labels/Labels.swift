// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// What became of the labels of one call.
package struct LabelReceipt: Sendable, Codable, Equatable {
    /// New ones.
    package var recorded: Int
    /// Those that said something else before; what they said is kept.
    package var corrected: Int
    /// Those that were there already with the same value.
    package var unchanged: Int

    package init(recorded: Int = 0, corrected: Int = 0, unchanged: Int = 0) {
        self.recorded = recorded
        self.corrected = corrected
        self.unchanged = unchanged
    }
}

/// Taking in what turned out to be true. A label may come before its prediction is known, or long after.
package struct Labels: Sendable {
    /// Most labels of one call.
    package static let maximumCount = 10_000
    private static let maximumIDBytes = 200

    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Records all of them or none; doing it again changes nothing.
    ///
    /// - Throws: `Problem` `.invalid` for an id that is none, a value that is no number, or two values for one prediction.
    package func record(_ labels: [Label], for endpoint: String, by caller: Caller) async throws -> LabelReceipt {
        try ResourceName.check(endpoint, of: "endpoint")
        let distinct = try Self.check(labels)
        let clock = governor.clock
        return try await governor.measure(.labelWrite, by: caller) { transaction in
            try LabelTable(transaction: transaction, workspace: caller.workspace, endpoint: endpoint).record(distinct, at: clock.now())
        }
    }

    private static func check(_ labels: [Label]) throws(Problem) -> [Label] {
        guard labels.count <= maximumCount else {
            throw Problem(
                .tooLarge, "serving.labels.too-many", "There are \(labels.count) labels.",
                why: "At most \(maximumCount) are taken at once.",
                fix: "Send several requests; repeating one does no harm.")
        }
        var values: [String: Double] = [:]
        var distinct: [Label] = []
        for label in labels {
            let id = label.predictionID
            try check(prediction: id)
            guard label.value.isFinite else {
                throw Problem(
                    .invalid, "serving.label.not-finite", "The label of prediction '\(id.printable)' is not a finite number.",
                    fix: "Leave out labels that are not known yet.")
            }
            if let earlier = values[id] {
                guard earlier == label.value else {
                    throw Problem(
                        .invalid, "serving.label.contradictory", "Prediction '\(id.printable)' has two different labels in one request.",
                        fix: "Send the one that holds.")
                }
                continue
            }
            values[id] = label.value
            distinct.append(label)
        }
        return distinct
    }

    /// - Throws: `Problem` `.invalid` for what cannot be the id of a prediction.
    package static func check(prediction id: String) throws(Problem) {
        guard !id.isEmpty, id.utf8.count <= maximumIDBytes, id.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw Problem(
                .invalid, "serving.label.prediction-malformed", "'\(id.printable)' is not the id of a prediction.",
                why: "Ids are given with each answer, as 'prediction_id' followed by '.' and the row, counting from 0.")
        }
    }
}
