// SPDX-License-Identifier: Apache-2.0

package import Domain
import Serving
import Statistics

/// One scored row as a monitor sees it, from the prediction log or a file.
package struct MonitoredRow: Sendable {
    /// Decides which rows a sample takes.
    package var hash: UInt64
    package var time: Timestamp?
    package var inputs: [String: JSONValue]
    /// The probability of the positive class; nil when it is not within 0…1.
    package var score: Double?
    package var isPositive: Bool?
    /// Whether a label has come, also where no rule says what it means.
    package var hasLabel: Bool
    /// Since it was answered; nil where that does not matter.
    package var age: Duration?

    package init(key: String, time: Timestamp?, inputs: [String: JSONValue], score: Double?, isPositive: Bool?) {
        hash = StableHash.of(key, salt: "monitored-row")
        self.time = time
        self.inputs = inputs
        self.score = score.flatMap { (0...1).contains($0) ? $0 : nil }
        self.isPositive = isPositive
        hasLabel = isPositive != nil
    }

    init(_ prediction: Prediction, label: Double?, rule: LabelRule?, at now: Timestamp? = nil) {
        let isPositive = rule.flatMap { rule in label.map { $0 >= rule.positiveFrom } }
        self.init(key: prediction.id, time: prediction.time, inputs: prediction.inputs, score: prediction.score, isPositive: isPositive)
        hasLabel = label != nil
        age = now.map { max(.zero, $0 - prediction.logged) }
    }

    /// In nats; nil without a score or a class.
    var logLoss: Double? {
        guard let score, let isPositive else { return nil }
        return ClassificationMetrics.logLoss(score: score, label: isPositive)
    }

    func number(_ feature: String) -> Double? {
        switch inputs[feature] {
        case .integer(let value): Double(value)
        case .number(let value): value.isNaN ? nil : value
        case .bool(let value): value ? 1 : 0
        case .null, .string, .array, .object, nil: nil
        }
    }

    func category(_ feature: String) -> String? {
        switch inputs[feature] {
        case .string(let value): value
        case .integer(let value): String(value)
        case .number(let value): value.isNaN ? nil : String(value)
        case .bool(let value): String(value)
        case .null, .array, .object, nil: nil
        }
    }
}
