// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Fills values into a template: `"%s has %.2f".format([name, score])` (CEL strings extension, "format").
struct TextFormatter {
    private static let maximumPrecision = 1_000

    private let template: [UInt8]
    private let values: [ExpressionValue]
    private var position = 0
    private var used = 0
    private var result: [UInt8] = []

    init(_ template: String, _ values: [ExpressionValue]) {
        self.template = Array(template.utf8)
        self.values = values
    }

    mutating func format(_ meter: inout Meter) throws(ExpressionError) -> String {
        try meter.charge(text: template.count)
        try meter.allocate(template.count)
        while position < template.count {
            let byte = template[position]
            position += 1
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            if position < template.count, template[position] == byte {
                position += 1
                result.append(byte)
            } else {
                let text = try clause(&meter)
                try meter.charge(text: text.utf8.count)
                try meter.allocate(text.utf8.count)
                result += Array(text.utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func clause(_ meter: inout Meter) throws(ExpressionError) -> String {
        let precision = try precision()
        guard position < template.count else { throw Self.error("The template ends within a clause.") }
        let letter = Unicode.Scalar(template[position])
        position += 1
        guard used < values.count else { throw Self.error("There is no value \(used + 1) for '%\(letter)'.") }
        let value = values[used]
        used += 1
        switch letter {
        case "s": return try text(of: value, &meter)
        case "d": return try decimal(value)
        case "f": return try fixed(value, precision ?? 6)
        case "e": return try scientific(value, precision ?? 6)
        case "b": return try binary(value)
        case "o": return try digits(of: value, radix: 8, letter)
        case "x": return try hexadecimal(value, letter, &meter)
        case "X": return try hexadecimal(value, letter, &meter).uppercased()
        default: throw Self.error("The clause '%\(letter)' does not exist.")
        }
    }

    private mutating func precision() throws(ExpressionError) -> Int? {
        guard position < template.count, template[position] == UInt8(ascii: ".") else { return nil }
        position += 1
        var number = 0
        let start = position
        while position < template.count, (48...57).contains(template[position]) {
            number = number * 10 + Int(template[position] - 48)
            position += 1
            guard number <= Self.maximumPrecision else { throw Self.error("More than \(Self.maximumPrecision) decimals are asked for.") }
        }
        guard position > start else { throw Self.error("The number of decimals is missing after '%.'.") }
        return number
    }

    // MARK: Clauses

    private func text(of value: ExpressionValue, _ meter: inout Meter) throws(ExpressionError) -> String {
        try meter.charge(1)
        switch value {
        case .null: return "null"
        case .type(let name): return name
        case .double(let number): return DoubleText.plain(number)
        case .bytes(let bytes):
            try meter.charge(text: bytes.count)
            return Self.repaired(bytes)
        case .list(let list):
            var parts: [String] = []
            for element in list.elements { parts.append(try text(of: element, &meter)) }
            return try joined(parts, "[", "]", &meter)
        case .map(let map):
            var parts: [(key: String, text: String)] = []
            for (key, value) in zip(map.keys, map.values) {
                let key = try text(of: key, &meter)
                parts.append((key, key + ": " + (try text(of: value, &meter))))
            }
            return try joined(parts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.text), "{", "}", &meter)
        default:
            guard case .string(let text)? = try ConversionFunctions.string(value, &meter) else { throw Self.mismatch("s", value) }
            return text
        }
    }

    /// Bytes as text, with one U+FFFD for each run that is no UTF-8.
    private static func repaired(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var iterator = rest.makeIterator()
            var read = 0
            var isBroken = false
            decoding: while true {
                switch decoder.decode(&iterator) {
                case .scalarValue(let scalar):
                    text.unicodeScalars.append(scalar)
                    read += UTF8.width(scalar)
                case .emptyInput: break decoding
                case .error:
                    isBroken = true
                    break decoding
                }
            }
            rest = rest.dropFirst(read)
            guard isBroken else { break }
            if text.unicodeScalars.last != "\u{FFFD}" || read > 0 { text.unicodeScalars.append("\u{FFFD}") }
            rest = rest.dropFirst()
        }
        return text
    }

    private func joined(_ parts: [String], _ open: String, _ close: String, _ meter: inout Meter) throws(ExpressionError) -> String {
        let text = open + parts.joined(separator: ", ") + close
        try meter.charge(text: text.utf8.count)
        try meter.allocate(text.utf8.count)
        return text
    }

    private func decimal(_ value: ExpressionValue) throws(ExpressionError) -> String {
        switch value {
        case .int(let number): return String(number)
        case .uint(let number): return String(number)
        case .double(let number): return DoubleText.plain(number)
        default: throw Self.mismatch("d", value)
        }
    }

    private func fixed(_ value: ExpressionValue, _ precision: Int) throws(ExpressionError) -> String {
        let number = try double(value, "f")
        return number.isFinite ? String(format: "%.\(precision)f", number) : DoubleText.shortest(number)
    }

    private func scientific(_ value: ExpressionValue, _ precision: Int) throws(ExpressionError) -> String {
        let number = try double(value, "e")
        return number.isFinite ? String(format: "%.\(precision)e", number) : DoubleText.shortest(number)
    }

    private func double(_ value: ExpressionValue, _ letter: Unicode.Scalar) throws(ExpressionError) -> Double {
        switch value {
        case .double(let number): return number
        case .int(let number): return Double(number)
        case .uint(let number): return Double(number)
        default: throw Self.mismatch(letter, value)
        }
    }

    private func binary(_ value: ExpressionValue) throws(ExpressionError) -> String {
        if case .bool(let bit) = value { return bit ? "1" : "0" }
        return try digits(of: value, radix: 2, "b")
    }

    private func hexadecimal(
        _ value: ExpressionValue, _ letter: Unicode.Scalar, _ meter: inout Meter
    ) throws(ExpressionError) -> String {
        let bytes: [UInt8]
        switch value {
        case .string(let text): bytes = Array(text.utf8)
        case .bytes(let given): bytes = given
        default: return try digits(of: value, radix: 16, letter)
        }
        try meter.charge(bytes.count)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func digits(of value: ExpressionValue, radix: Int, _ letter: Unicode.Scalar) throws(ExpressionError) -> String {
        switch value {
        case .int(let number): return String(number, radix: radix)
        case .uint(let number): return String(number, radix: radix)
        default: throw Self.mismatch(letter, value)
        }
    }

    private static func mismatch(_ letter: Unicode.Scalar, _ value: ExpressionValue) -> ExpressionError {
        error("'%\(letter)' does not take a value of type \(value.typeName).")
    }

    private static func error(_ what: String) -> ExpressionError {
        ExpressionError(.argument, what, fix: "Clauses are %s %d %f %e %b %o %x %X, and %% for the sign itself.")
    }
}
