// SPDX-License-Identifier: Apache-2.0

/// A 64-bit hash that is the same on every machine and in every release, so that sketches made apart can be merged.
///
/// Bytes are taken eight at a time through the finaliser of SplitMix64 (Stafford's variant 13). Not for secrets: names can be chosen to
/// collide by whoever knows it.
enum StableHash {
    static func of(_ value: UInt64) -> UInt64 {
        mixed(value &+ 0x9E37_79B9_7F4A_7C15)
    }

    /// Of the number, not of its bits: 0 and −0 are one.
    static func of(_ value: Double) -> UInt64 {
        of(value == 0 ? 0 : value.bitPattern)
    }

    /// Of the UTF-8 bytes.
    static func of(_ text: String) -> UInt64 {
        var copy = text
        return copy.withUTF8 { of(UnsafeRawBufferPointer($0)) }
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = mixed(UInt64(bytes.count) &+ 0x9E37_79B9_7F4A_7C15)
        var index = 0
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            hash = mixed((hash ^ word) &+ 0x9E37_79B9_7F4A_7C15)
            index += 8
        }
        guard index < bytes.count else { return hash }
        var word: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            word |= UInt64(bytes[index]) << shift
            shift += 8
            index += 1
        }
        return mixed((hash ^ word) &+ 0x9E37_79B9_7F4A_7C15)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
