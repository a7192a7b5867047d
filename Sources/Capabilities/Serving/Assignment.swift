// SPDX-License-Identifier: Apache-2.0

/// Which revision answers a row: a stable hash of endpoint and row key gives a bucket of 0 to 99, and buckets are handed out by share.
///
/// The candidate takes the lowest buckets, so that raising its share only adds rows to it and the same key stays where it was.
package enum Assignment {
    /// 64-bit FNV-1a over endpoint, a zero byte and key, finished by the 64-bit mixer of MurmurHash3, modulo 100.
    package static func bucket(endpoint: String, key: String) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        endpoint.utf8.forEach(mix)
        mix(0)
        key.utf8.forEach(mix)
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return Int(hash % 100)
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
}
