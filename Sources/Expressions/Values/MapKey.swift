// SPDX-License-Identifier: Apache-2.0

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
