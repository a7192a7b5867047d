// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a column can hold on every engine.
@usableFromInline package enum DatabaseValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// A Swift value with one form as a column.
@usableFromInline package protocol DatabaseConvertible: Sendable {
    var databaseValue: DatabaseValue { get }
    /// Nil when the column holds something else.
    init?(_ value: DatabaseValue)
}

extension DatabaseValue: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { self }
    @inlinable package init?(_ value: DatabaseValue) { self = value }
}

extension String: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .text(self) }
    @inlinable package init?(_ value: DatabaseValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension Int64: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .integer(self) }
    @inlinable package init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }
}

extension Int: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .integer(Int64(self)) }
    @inlinable package init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self = Int(number)
    }
}

/// Stored as 0 or 1.
extension Bool: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .integer(self ? 1 : 0) }
    @inlinable package init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self = number != 0
    }
}

extension Double: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .real(self) }
    @inlinable package init?(_ value: DatabaseValue) {
        switch value {
        case .real(let number): self = number
        case .integer(let number): self = Double(number)
        default: return nil
        }
    }
}

extension [UInt8]: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { .blob(self) }
    @inlinable package init?(_ value: DatabaseValue) {
        guard case .blob(let bytes) = value else { return nil }
        self = bytes
    }
}

extension Timestamp: DatabaseConvertible {
    package var databaseValue: DatabaseValue { .integer(milliseconds) }
    package init?(_ value: DatabaseValue) {
        guard case .integer(let number) = value else { return nil }
        self.init(milliseconds: number)
    }
}

extension BlobDigest: DatabaseConvertible {
    package var databaseValue: DatabaseValue { .text(hexadecimal) }
    package init?(_ value: DatabaseValue) {
        guard case .text(let text) = value else { return nil }
        self.init(text)
    }
}

extension RawRepresentable where RawValue: DatabaseConvertible {
    @inlinable package var databaseValue: DatabaseValue { rawValue.databaseValue }
    @inlinable package init?(_ value: DatabaseValue) {
        guard let raw = RawValue(value) else { return nil }
        self.init(rawValue: raw)
    }
}
