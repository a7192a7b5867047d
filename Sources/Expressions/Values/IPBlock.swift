// SPDX-License-Identifier: Apache-2.0

/// Addresses with a common beginning, written as "10.0.0.0/8" (CIDR).
package struct IPBlock: Hashable, Sendable {
    let address: IPAddress
    /// Bits in common.
    let prefix: Int

    init(address: IPAddress, prefix: Int) {
        self.address = address
        self.prefix = prefix
    }

    /// Nil for what is no block.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), address.isVersion6 == parts[0].contains(":"),
            (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            parts[1].count == 1 || parts[1].first != "0", let prefix = Int(parts[1]), prefix <= address.width
        else { return nil }
        self.init(address: address, prefix: prefix)
    }

    package var text: String { "\(address.text)/\(prefix)" }

    /// With nothing but zeros behind the common bits.
    var masked: IPBlock {
        let rest = address.width - prefix
        return IPBlock(address: IPAddress(bits: (address.bits >> rest) << rest, isVersion6: address.isVersion6), prefix: prefix)
    }

    func contains(_ other: IPAddress) -> Bool {
        let rest = address.width - prefix
        return address.isVersion6 == other.isVersion6 && address.bits >> rest == other.bits >> rest
    }

    func contains(_ other: IPBlock) -> Bool { other.prefix >= prefix && contains(other.address) }
}
