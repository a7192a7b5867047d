// SPDX-License-Identifier: Apache-2.0

/// Which rows of an endpoint are logged, and what of them.
struct LogPolicy: Sendable {
    static let everything = LogPolicy(nil)

    /// Of 2^32: rows whose hash is below it are logged.
    let bound: UInt64
    let redacted: Set<String>
    let keepsOutputs: Bool

    init(_ settings: EndpointSettings.Log?) {
        bound = UInt64((settings?.fraction ?? 1) * 4_294_967_296)
        redacted = Set(settings?.redact ?? [])
        keepsOutputs = settings?.outputs ?? false
    }

    var keepsAll: Bool { bound >= 4_294_967_296 }

    /// The same for the same id wherever it is asked.
    func keeps(row: Int, of request: String) -> Bool {
        if keepsAll { return true }
        // FNV-1a, then the mixer of SplitMix64, so that neighbouring rows are independent.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in request.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash &+ UInt64(row)) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return (hash ^ (hash >> 31)) >> 32 < bound
    }
}
