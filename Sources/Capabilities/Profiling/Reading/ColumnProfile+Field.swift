// SPDX-License-Identifier: Apache-2.0

import Tracking

extension ColumnProfile {
    /// Takes a field of a CSV file: a decimal number, a time as ISO 8601 writes it, a text, or nothing.
    ///
    /// - Parameters:
    ///   - count: How often it is there.
    ///   - nulls: Texts that mean null.
    /// - Returns: The number, if it is one; 1 and 0 for true and false.
    @discardableResult
    mutating func add(field: UnsafeRawBufferPointer, count: Int = 1, nulls: [[UInt8]]) -> Double? {
        guard !field.isEmpty else {
            addNull(count: count)
            return nil
        }
        let first = field[0]
        if first &- 0x30 < 10 || first == 0x2D || first == 0x2B || first == 0x2E {
            if let number = FieldValue.number(field) {
                add(number.value, count: count)
                return number.value
            }
            if let time = FieldValue.time(field) {
                add(time: time, count: count)
                return nil
            }
        }
        if field.count <= 9 {
            if FieldValue.isNaN(field) {
                add(.nan, count: count)
                return nil
            }
            if let infinity = Self.infinity(field) {
                add(infinity, count: count)
                return infinity
            }
        }
        if !nulls.isEmpty, nulls.contains(where: { $0.elementsEqual(field) }) {
            addNull(count: count)
            return nil
        }
        add(field, count: count)
        return Self.matches(field, "true") ? 1 : Self.matches(field, "false") ? 0 : nil
    }

    private static func infinity(_ field: UnsafeRawBufferPointer) -> Double? {
        let isSigned = field[0] == 0x2D || field[0] == 0x2B
        let rest = UnsafeRawBufferPointer(rebasing: field[(isSigned ? 1 : 0)...])
        guard matches(rest, "inf") || matches(rest, "infinity") else { return nil }
        return field[0] == 0x2D ? -.infinity : .infinity
    }

    /// Whatever the case; the word is of small letters.
    private static func matches(_ field: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard field.count == word.utf8CodeUnitCount else { return false }
        for (index, byte) in field.enumerated() where byte | 0x20 != word.utf8Start[index] { return false }
        return true
    }
}
