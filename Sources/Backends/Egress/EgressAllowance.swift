// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// Where requests may go beside the public internet: host names, addresses and networks.
package struct EgressAllowance: Sendable, Equatable {
    private static let maximumEntries = 1_000

    private var hosts: Set<String> = []
    private var networks: [InternetNetwork] = []

    /// Nothing but the public internet.
    package init() {}

    /// - Parameter text: Separated by commas: `127.0.0.1,10.0.0.0/8,hooks.internal`.
    /// - Throws: `Problem` `.invalid` for a part that is none of these.
    package init(_ text: String) throws(Problem) {
        let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }.filter { !$0.isEmpty }
        guard parts.count <= Self.maximumEntries else {
            throw Problem(
                .invalid, "egress.allowance.too-long", "\(parts.count) places are allowed.",
                why: "At most \(Self.maximumEntries) are taken.")
        }
        for part in parts {
            if let network = InternetNetwork(part) {
                networks.append(network)
            } else if !part.contains("/"), part.utf8.contains(where: { (97...122).contains($0) }), !part.contains(":"),
                (try? EgressURL("http://\(part)/"))?.host == part
            {
                hosts.insert(part)
            } else {
                throw Problem(
                    .invalid, "egress.allowance.malformed", "'\(part.printable)' is not a place that requests can be allowed to.",
                    fix: "Use host names, addresses and networks such as hooks.internal, 127.0.0.1 or 10.0.0.0/8.")
            }
        }
    }

    /// Whether something may be sent to `address`, which `host` has or is.
    package func permits(_ address: InternetAddress, of host: String) -> Bool {
        address.isPublic || hosts.contains(host) || networks.contains { $0.contains(address) || $0.contains(address.embedded) }
    }
}
