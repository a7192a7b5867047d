// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A value of the vectors' JSON. Numbers may also be written as the strings `inf`, `-inf` and `nan`; null is "undefined".
enum VectorValue: Decodable, Equatable {
    case null
    case truth(Bool)
    case number(Double)
    case text(String)
    case list([VectorValue])
    case object([String: VectorValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let truth = try? container.decode(Bool.self) {
            self = .truth(truth)
        } else if let number = try? container.decode(Double.self) {
            self = number.isNaN ? .null : .number(number)
        } else if let text = try? container.decode(String.self) {
            self = Self.infinity(text) ?? .text(text)
        } else if let list = try? container.decode([VectorValue].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: VectorValue].self))
        }
    }

    private static func infinity(_ text: String) -> VectorValue? {
        switch text.lowercased() {
        case "inf", "+inf", "infinity": .number(.infinity)
        case "-inf", "-infinity": .number(-.infinity)
        case "nan": .null
        default: nil
        }
    }

    subscript(_ key: String) -> VectorValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var members: [String: VectorValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    var items: [VectorValue]? {
        if case .list(let items) = self { items } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}
