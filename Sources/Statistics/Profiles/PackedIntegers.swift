// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whole numbers one after another, seven bits a byte with the lowest first and the eighth bit set on all but the last (LEB128): small
/// numbers are short.
struct PackedIntegers {
    private(set) var data = Data()

    mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        data.append(UInt8(rest))
    }

    /// Nil when a number is cut off or too large.
    static func values(_ data: Data) -> [UInt64]? {
        var values: [UInt64] = []
        var value: UInt64 = 0
        var bits: UInt64 = 0
        for byte in data {
            let part = UInt64(byte & 0x7F)
            guard bits < 63 || (bits == 63 && part <= 1) else { return nil }
            value |= part << bits
            if byte & 0x80 == 0 {
                values.append(value)
                (value, bits) = (0, 0)
            } else {
                bits += 7
            }
        }
        return bits == 0 ? values : nil
    }
}
