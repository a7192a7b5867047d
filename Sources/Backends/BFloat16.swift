// SPDX-License-Identifier: Apache-2.0

/// The upper half of a 32-bit float: its range, with 8 bits of precision.
package struct BFloat16: Sendable, Equatable, BitwiseCopyable {
    package var bitPattern: UInt16

    package init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// The nearest one, of two equally near the even one.
    package init(_ value: Float) {
        let bits = value.bitPattern
        // Rounding could carry a NaN's payload into infinity.
        bitPattern =
            value.isNaN ? UInt16(bits >> 16) | 0x40 : UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
    }

    package var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
