// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation

/// A value in the form of the vectors, `{"int": "1"}`.
struct TaggedValue: Decodable {
    let value: ExpressionValue

    private struct Tag: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Unreadable: Error {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Tag.self)
        guard let tag = container.allKeys.first else { throw Unreadable() }
        func text() throws -> String { try container.decode(String.self, forKey: tag) }
        func read<Result>(_ result: Result?) throws -> Result {
            guard let result else { throw Unreadable() }
            return result
        }
        switch tag.stringValue {
        case "null": value = .null
        case "bool": value = .bool(try container.decode(Bool.self, forKey: tag))
        case "int": value = .int(try read(Int64(text())))
        case "uint": value = .uint(try read(UInt64(text())))
        case "double": value = .double(try read(Double(text())))
        case "string": value = .string(try text())
        case "bytes": value = .bytes(Array(try read(Data(base64Encoded: text()))))
        case "list": value = .list(try container.decode([TaggedValue].self, forKey: tag).map(\.value))
        case "map":
            let entries = try container.decode([[TaggedValue]].self, forKey: tag)
            guard entries.allSatisfy({ $0.count == 2 }) else { throw Unreadable() }
            value = .map(try read(MapValue(entries.map { ($0[0].value, $0[1].value) })))
        case "type": value = .type(try text())
        case "timestamp": value = .timestamp(try read(Timestamp(text())))
        case "duration": value = .duration(try read(TimeSpan(text())))
        default: throw Unreadable()
        }
    }
}

extension ExpressionValue {
    /// In the form of the vectors, in one spelling for each value: entries of maps in the order of their keys' text.
    var tagged: String {
        switch self {
        case .null: #"{"null":null}"#
        case .bool(let value): #"{"bool":\#(value)}"#
        case .int(let number): #"{"int":"\#(number)"}"#
        case .uint(let number): #"{"uint":"\#(number)"}"#
        case .double(let number):
            #"{"double":"\#(number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)")"}"#
        case .string(let text): #"{"string":\#(Self.quoted(text))}"#
        case .bytes(let bytes): #"{"bytes":"\#(Data(bytes).base64EncodedString())"}"#
        case .list(let list): #"{"list":[\#(list.elements.map(\.tagged).joined(separator: ","))]}"#
        case .map(let map):
            #"{"map":[\#(zip(map.keys, map.values).map { "[\($0.tagged),\($1.tagged)]" }.sorted().joined(separator: ","))]}"#
        case .type(let name): #"{"type":\#(Self.quoted(name))}"#
        case .timestamp(let time): #"{"timestamp":"\#(time.text)"}"#
        case .duration(let span): #"{"duration":"\#(span.text)"}"#
        case .optional(let optional): #"{"optional":\#(optional.value?.tagged ?? "null")}"#
        case .address(let address): #"{"net.IP":"\#(address.text)"}"#
        case .addressBlock(let block): #"{"net.CIDR":"\#(block.text)"}"#
        }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 32: quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
