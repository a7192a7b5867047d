// SPDX-License-Identifier: Apache-2.0

/// Which revision answers a row: a stable hash of the split's salt and the row's key gives a bucket of 0 to 99, and buckets are handed out by share.
///
/// The newest revision takes the lowest buckets, so that raising a candidate's share only adds rows to it and the same key stays where
/// it was. The hash is 64-bit FNV-1a over salt, a zero byte and key, finished by the 64-bit mixer of MurmurHash3.
package struct Assignment: Sendable {
    /// The hash so far, before the row.
    private let prefix: UInt64

    /// For the rows of one request: row `r` has the key `<id>.<r>`.
    package init(salt: String, id: String) {
        var hash = Self.start(salt: salt)
        Self.mix(id, into: &hash)
        Self.mix(UInt8(ascii: "."), into: &hash)
        prefix = hash
    }

    package func bucket(row: Int) -> Int {
        var hash = prefix
        var divisor = 1
        while row / divisor > 9 { divisor *= 10 }
        while divisor > 0 {
            Self.mix(UInt8(ascii: "0") + UInt8(row / divisor % 10), into: &hash)
            divisor /= 10
        }
        return Self.finish(hash)
    }

    package static func bucket(salt: String, key: String) -> Int {
        var hash = start(salt: salt)
        mix(key, into: &hash)
        return finish(hash)
    }

    /// - Parameter shares: Whole per cents that sum to 100, newest revision first.
    /// - Returns: Position in `shares`.
    package static func position(bucket: Int, shares: [Int]) -> Int {
        var upper = 0
        for (position, share) in shares.enumerated() {
            upper += share
            if bucket < upper { return position }
        }
        preconditionFailure("Shares sum to 100.")
    }

    private static func start(salt: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        mix(salt, into: &hash)
        mix(0, into: &hash)
        return hash
    }

    private static func mix(_ text: String, into hash: inout UInt64) {
        for byte in text.utf8 { mix(byte, into: &hash) }
    }

    private static func mix(_ byte: UInt8, into hash: inout UInt64) {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    private static func finish(_ state: UInt64) -> Int {
        var hash = state
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return Int(hash % 100)
    }
}
