// SPDX-License-Identifier: Apache-2.0

/// Reads Universal Binary JSON as XGBoost writes it: lengths are of type `L`, arrays say their length, or type and length, before their
/// elements. Every length is held against what is left.
struct UBJSONReader {
    private static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// One value that fills all bytes; nil when they are none.
    mutating func document() -> ModelDocument.Value? {
        guard let marker = byte(), let value = value(marker), position == bytes.count else { return nil }
        return value
    }

    private mutating func value(_ marker: UInt8) -> ModelDocument.Value? {
        switch marker {
        case UInt8(ascii: "{"): object()
        case UInt8(ascii: "["): array()
        case UInt8(ascii: "S"): text().map { .text($0) }
        case UInt8(ascii: "T"), UInt8(ascii: "F"), UInt8(ascii: "Z"): .other
        case UInt8(ascii: "d"), UInt8(ascii: "D"): skip(Self.width(of: marker) ?? 0) ? .other : nil
        default: integer(marker).map { .integer($0) }
        }
    }

    private mutating func object() -> ModelDocument.Value? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { return nil }
        var members: [String: ModelDocument.Value] = [:]
        while let next = peek() {
            if next == UInt8(ascii: "}") {
                position += 1
                return .object(members)
            }
            guard let name = text(), let marker = byte(), let value = value(marker), members.updateValue(value, forKey: name) == nil else {
                return nil
            }
        }
        return nil
    }

    private mutating func array() -> ModelDocument.Value? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { return nil }
        switch peek() {
        case UInt8(ascii: "$"):
            position += 1
            guard let type = byte(), byte() == UInt8(ascii: "#"), let count = length(), let width = Self.width(of: type),
                count <= (bytes.count - position) / width
            else { return nil }
            if type == UInt8(ascii: "d") || type == UInt8(ascii: "D") {
                position += count * width
                return .numbers(count)
            }
            var integers: [Int64] = []
            integers.reserveCapacity(count)
            for _ in 0..<count {
                guard let integer = integer(type) else { return nil }
                integers.append(integer)
            }
            return .integers(integers)
        case UInt8(ascii: "#"):
            position += 1
            guard let count = length(), count <= bytes.count - position else { return nil }
            return elements(count)
        default: return nil
        }
    }

    private mutating func elements(_ count: Int) -> ModelDocument.Value? {
        var elements: [ModelDocument.Value] = []
        for _ in 0..<count {
            guard let marker = byte(), let element = value(marker) else { return nil }
            elements.append(element)
        }
        let integers = elements.compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
        return integers.count == count ? .integers(integers) : .array(elements)
    }

    private mutating func text() -> String? {
        guard let count = length(), count <= bytes.count - position else { return nil }
        defer { position += count }
        return String(validating: bytes[position..<position + count], as: UTF8.self)
    }

    private mutating func length() -> Int? {
        guard byte() == UInt8(ascii: "L"), let count = integer(UInt8(ascii: "L")), count >= 0 else { return nil }
        return Int(count)
    }

    /// In network order.
    private mutating func integer(_ type: UInt8) -> Int64? {
        guard type != UInt8(ascii: "d"), type != UInt8(ascii: "D"), let width = Self.width(of: type), width <= bytes.count - position else {
            return nil
        }
        var bits: UInt64 = 0
        for _ in 0..<width {
            bits = bits << 8 | UInt64(bytes[position])
            position += 1
        }
        if type == UInt8(ascii: "U") { return Int64(bits) }
        let unused = UInt64(64 - width * 8)
        return Int64(bitPattern: bits << unused) >> Int64(unused)
    }

    private static func width(of type: UInt8) -> Int? {
        switch type {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"): 8
        default: nil
        }
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - position else { return false }
        position += count
        return true
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func byte() -> UInt8? {
        guard let byte = peek() else { return nil }
        position += 1
        return byte
    }
}
