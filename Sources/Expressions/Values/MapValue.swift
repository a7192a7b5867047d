// SPDX-License-Identifier: Apache-2.0

/// Keys and values, in the order in which they came.
package struct MapValue: Sendable {
    package private(set) var keys: [ExpressionValue] = []
    package private(set) var values: [ExpressionValue] = []
    private(set) var depth = 1
    private var index: [MapKey: Int] = [:]

    package init() {}

    package init(_ entries: [String: ExpressionValue]) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { insert(value, for: MapKey(key), spelled: .string(key)) }
    }

    /// Nil when a key is no bool, int, uint or string, or comes twice; 1 and 1u are one key.
    package init?(_ entries: [(ExpressionValue, ExpressionValue)]) {
        for (key, value) in entries {
            guard let found = MapKey(key), insert(value, for: found, spelled: key) else { return nil }
        }
    }

    package var count: Int { keys.count }

    package subscript(_ key: String) -> ExpressionValue? { self[MapKey(key)] }

    subscript(_ key: MapKey) -> ExpressionValue? { index[key].map { values[$0] } }

    /// - Returns: False, and nothing is changed, when the key is there.
    @discardableResult
    mutating func insert(_ value: ExpressionValue, for key: MapKey, spelled spelling: ExpressionValue) -> Bool {
        guard index[key] == nil else { return false }
        index[key] = keys.count
        keys.append(spelling)
        values.append(value)
        depth = max(depth, value.depth + 1)
        return true
    }
}

/// A key by its meaning: whole numbers of different types are one key when they are equal.
enum MapKey: Hashable, Sendable {
    case bool(Bool)
    case int(Int64)
    /// Beyond the range of `int`.
    case uint(UInt64)
    case string(ExactText)

    init(_ string: String) { self = .string(ExactText(string)) }

    /// Nil for a type that is no key of a map.
    init?(_ value: ExpressionValue) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = Int64(exactly: value).map { .int($0) } ?? .uint(value)
        case .string(let value): self.init(value)
        default: return nil
        }
    }

    /// As a key that is asked for: a double finds the whole number it equals.
    init?(asked value: ExpressionValue) {
        guard case .double(let number) = value else {
            self.init(value)
            return
        }
        if let whole = Int64(exactly: number) {
            self = .int(whole)
        } else if let whole = UInt64(exactly: number) {
            self = .uint(whole)
        } else {
            return nil
        }
    }
}

/// A text whose equality is that of its code points; Swift's own takes composed and decomposed letters for equal.
struct ExactText: Hashable, Sendable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (left: ExactText, right: ExactText) -> Bool { left.string.isExactly(right.string) }

    func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Equality of code points.
    func isExactly(_ other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
