// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A parameter of the execution: a value, or an expression over the event, written `{expression: "event.data.month"}`.
package enum TriggerParameter: Sendable, Equatable {
    case value(JSONValue)
    case expression(String)
}

extension TriggerParameter: Codable {
    package init(from decoder: any Decoder) throws {
        let value = try JSONValue(from: decoder)
        if case .object(let members) = value, members.count == 1, let text = members["expression"]?.text {
            self = .expression(text)
        } else {
            self = .value(value)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .value(let value): try value.encode(to: encoder)
        case .expression(let text): try JSONValue.object(["expression": .string(text)]).encode(to: encoder)
        }
    }
}

extension TriggerParameter: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .value(.string(value)) }
}
