// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads numbers and times from the bytes of a field, without making a text of it.
package enum FieldValue {
    /// A decimal number with its exact nearest `Double`; nil when the bytes are anything else.
    package struct Number {
        package var value: Double
        package var isInteger: Bool
    }

    private static let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

    package static func number(_ bytes: UnsafeRawBufferPointer) -> Number? {
        var index = 0
        let count = bytes.count
        guard count > 0, count <= 64 else { return nil }
        let isNegative = bytes[0] == 0x2D
        if isNegative || bytes[0] == 0x2B { index = 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 0
        var hasPoint = false
        let start = index
        while index < count {
            let byte = bytes[index]
            if byte &- 48 < 10 {
                guard digits < 19 else {
                    return slowNumber(bytes)
                }
                mantissa = mantissa &* 10 &+ UInt64(byte &- 48)
                // Zeros in front are not counted.
                if mantissa != 0 { digits += 1 }
                if hasPoint { scale -= 1 }
            } else if byte == 0x2E, !hasPoint {
                hasPoint = true
            } else {
                break
            }
            index += 1
        }
        guard index > start + (hasPoint ? 1 : 0) else { return nil }
        if index < count {
            // What follows can only be an exponent.
            guard bytes[index] | 0x20 == 0x65 else { return nil }
            return slowNumber(bytes)
        }
        let isInteger = !hasPoint && digits <= 18
        if mantissa <= 1 << 53, scale >= -22 {
            let value = Double(mantissa) / powersOfTen[-scale]
            return Number(value: isNegative ? -value : value, isInteger: isInteger)
        }
        guard let number = slowNumber(bytes) else { return nil }
        return Number(value: number.value, isInteger: isInteger)
    }

    package static func isNaN(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count == 3 && bytes[0] | 0x20 == 0x6E && bytes[1] | 0x20 == 0x61 && bytes[2] | 0x20 == 0x6E
    }

    /// `2013-01-01`, `2013-01-01T10:15:00Z`, with a space for the T, fractions of a second, or an offset; without an offset it is UTC.
    ///
    /// - Returns: Milliseconds since 1970-01-01T00:00:00Z; nil for anything else.
    package static func time(_ bytes: UnsafeRawBufferPointer) -> Double? {
        func digits(_ start: Int, _ length: Int) -> Int? {
            guard start + length <= bytes.count else { return nil }
            var value = 0
            for index in start..<start + length {
                guard bytes[index] &- 48 < 10 else { return nil }
                value = value * 10 + Int(bytes[index] &- 48)
            }
            return value
        }
        guard bytes.count >= 10, bytes.count <= 40, bytes[4] == 0x2D, bytes[7] == 0x2D, let year = digits(0, 4), let month = digits(5, 2),
            let day = digits(8, 2), (1...12).contains(month), (1...daysInMonth(month, of: year)).contains(day)
        else { return nil }
        var milliseconds = Double(days(year, month, day)) * 86_400_000
        if bytes.count == 10 { return milliseconds }
        guard bytes.count >= 16, bytes[10] == 0x54 || bytes[10] == 0x20 || bytes[10] == 0x74, bytes[13] == 0x3A,
            let hour = digits(11, 2), let minute = digits(14, 2), hour < 24, minute < 60
        else { return nil }
        milliseconds += Double(hour * 3_600_000 + minute * 60_000)
        var index = 16
        if index < bytes.count, bytes[index] == 0x3A {
            guard let second = digits(17, 2), second <= 60 else { return nil }
            milliseconds += Double(second * 1000)
            index = 19
            if index < bytes.count, bytes[index] == 0x2E {
                var unit = 100.0
                index += 1
                let start = index
                while index < bytes.count, bytes[index] &- 48 < 10 {
                    milliseconds += Double(bytes[index] &- 48) * unit
                    unit /= 10
                    index += 1
                }
                guard index > start else { return nil }
            }
        }
        if index == bytes.count { return milliseconds }
        if bytes[index] | 0x20 == 0x7A { return index + 1 == bytes.count ? milliseconds : nil }
        guard bytes[index] == 0x2B || bytes[index] == 0x2D, index + 6 == bytes.count, bytes[index + 3] == 0x3A,
            let hours = digits(index + 1, 2), let minutes = digits(index + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let offset = Double(hours * 3_600_000 + minutes * 60_000)
        return bytes[index] == 0x2B ? milliseconds - offset : milliseconds + offset
    }

    private static func slowNumber(_ bytes: UnsafeRawBufferPointer) -> Number? {
        // `Double(_:)` also reads hexadecimal, infinities and NaN, which are no decimal numbers.
        guard bytes.allSatisfy({ $0 &- 48 < 10 || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 | 0x20 == 0x65 }),
            let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite
        else { return nil }
        return Number(value: value, isInteger: false)
    }

    private static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the Gregorian calendar, from years that begin in March and eras of 400 years.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
