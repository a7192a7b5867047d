// SPDX-License-Identifier: Apache-2.0

/// A hash that is the same on every machine and in every version, for choosing rows without a random source.
///
/// 64-bit FNV-1a over a salt, a zero byte and the text, finished by the 64-bit mixer of MurmurHash3. The salts are our own, so what is
/// drawn here is independent of the assignment of rows to revisions, which hashes an endpoint's name first.
enum StableHash {
    static func of(_ text: String, salt: StaticString) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        salt.withUTF8Buffer { $0.forEach(mix) }
        mix(0)
        for byte in text.utf8 { mix(byte) }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 33)
    }

    /// In [0, 1), with 53 random bits.
    static func uniform(_ text: String, salt: StaticString) -> Double {
        Double(of(text, salt: salt) >> 11) * 0x1p-53
    }
}
