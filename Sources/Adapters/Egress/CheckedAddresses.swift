// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import NIOCore

/// All addresses of a host, when nothing speaks against any of them.
struct CheckedAddresses: Sendable {
    let allowance: EgressAllowance
    private let resolver = AddressResolver()

    init(allowance: EgressAllowance) {
        self.allowance = allowance
    }

    /// - Throws: `Problem` `.invalid` `egress.address.refused` when one is not public and not allowed.
    func of(_ host: String, until deadline: NIODeadline = .distantFuture) async throws -> [InternetAddress] {
        let addresses = try await resolver.addresses(of: host, until: deadline)
        if let refused = addresses.first(where: { !allowance.permits($0, of: host) }) {
            throw Problem(
                .invalid, "egress.address.refused",
                "Nothing is sent to \(host): its address \(refused) is not a public IP address.",
                why:
                    "Loopback, link-local, private and multicast addresses are reached only when the server is told so.",
                fix: "Start the server with --egress-allow \(refused), or give a public URL.")
        }
        return addresses
    }
}
