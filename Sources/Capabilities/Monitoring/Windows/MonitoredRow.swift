// SPDX-License-Identifier: Apache-2.0

package import Domain
import Serving

/// One scored row as a monitor sees it, from the prediction log or a file.
package struct MonitoredRow: Sendable {
    /// Decides which rows a sample takes.
    package var hash: UInt64
    package var time: Timestamp?
    package var inputs: [String: JSONValue]
    /// The probability of the positive class; nil when it is not within 0…1.
    package var score: Double?
    package var isPositive: Bool?

    package init(key: String, time: Timestamp?, inputs: [String: JSONValue], score: Double?, isPositive: Bool?) {
        hash = StableHash.of(key, salt: "monitored-row")
        self.time = time
        self.inputs = inputs
        self.score = score.flatMap { (0...1).contains($0) ? $0 : nil }
        self.isPositive = isPositive
    }

    init(_ prediction: Prediction, label: Double?, rule: LabelRule?) {
        let isPositive = rule.flatMap { rule in label.map { $0 >= rule.positiveFrom } }
        self.init(key: prediction.id, time: prediction.time, inputs: prediction.inputs, score: prediction.score, isPositive: isPositive)
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
