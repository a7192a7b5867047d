// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An IPv4 or IPv6 address, and whether it is one of the public internet.
package struct InternetAddress: Hashable, Sendable {
    /// Four or sixteen, in network order.
    package let bytes: [UInt8]

    /// Nil unless `text` is one in the usual form: four decimal numbers, or IPv6 without brackets or zone.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: &six) { Array($0) }
    }

    package init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "An address has 4 or 16 bytes.")
        self.bytes = bytes
    }

    /// The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address itself: a private one must not hide there.
    package var embedded: InternetAddress {
        guard bytes.count == 16 else { return self }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isTranslated = bytes[0..<12].elementsEqual([0x00, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8))
        if isMapped || isTranslated { return InternetAddress(bytes: Array(bytes[12..<16])) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return InternetAddress(bytes: Array(bytes[2..<6])) }
        return self
    }

    /// Not of the special-purpose registries of IANA (RFC 6890 and its updates), not multicast, not reserved.
    package var isPublic: Bool {
        let address = embedded
        if address.bytes.count == 4 { return !Self.special.contains { $0.contains(address) } }
        return Self.globalUnicast.contains(address) && !Self.specialUnicast.contains { $0.contains(address) }
    }

    private static let special = networks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ])
    private static let globalUnicast = networks(["2000::/3"])[0]
    private static let specialUnicast = networks(["2001::/23", "2001:db8::/32", "3fff::/20"])

    private static func networks(_ texts: [String]) -> [InternetNetwork] {
        texts.map { text in
            guard let network = InternetNetwork(text) else { preconditionFailure("'\(text)' is a network.") }
            return network
        }
    }
}

extension InternetAddress: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// An address with the number of leading bits that count.
package struct InternetNetwork: Hashable, Sendable {
    package let address: InternetAddress
    package let prefix: Int

    /// `10.0.0.0/8`, or an address alone.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = InternetAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard let prefix = parts.count == 1 ? bits : Int(parts[1]), (0...bits).contains(prefix) else { return nil }
        self.address = address
        self.prefix = prefix
    }

    package func contains(_ other: InternetAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefix / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let rest = prefix % 8
        return rest == 0 || (other.bytes[whole] ^ address.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}
