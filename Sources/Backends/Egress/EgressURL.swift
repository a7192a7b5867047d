// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// An `http` or `https` URL taken apart by one parser, so that what is checked is what is connected to.
package struct EgressURL: Hashable, Sendable {
    package static let maximumLength = 2_000

    package let isSecure: Bool
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Path and query, percent-encoded; begins with `/`.
    package let target: String

    /// - Throws: `Problem` `.invalid` for another scheme, credentials, a fragment, or a host that is no plain name or address.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.maximumLength else {
            throw Self.refusal(text, "It has \(text.utf8.count) bytes; at most \(Self.maximumLength) are taken.")
        }
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), let parts = URLComponents(string: text) else {
            throw Self.refusal(text, "It is not a URL in ASCII.")
        }
        switch parts.scheme?.lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: throw Self.refusal(text, "Its scheme is neither http nor https.")
        }
        guard parts.user == nil, parts.password == nil else {
            throw Self.refusal(text, "It carries credentials, which would be shown to everyone who may see it.")
        }
        guard parts.fragment == nil else { throw Self.refusal(text, "It has a fragment.") }
        host = try Self.host(parts.encodedHost ?? "", in: text)
        port = parts.port ?? (isSecure ? 443 : 80)
        guard (1...65535).contains(port) else { throw Self.refusal(text, "Its port is not one of 1 to 65535.") }
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        target = path + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    /// Put together again from its parts.
    package var text: String { origin + target }

    /// Scheme, host and port.
    package var origin: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// Host, and port where it is not the scheme's usual one, as the header `Host` has them.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    private static func host(_ encoded: String, in text: String) throws(Problem) -> String {
        let host = encoded.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") {
            let literal = String(host.dropFirst().dropLast())
            guard InternetAddress(literal) != nil else { throw refusal(text, "Its host is not an address.") }
            return literal
        }
        let isPlain = host.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46 || byte == 95
        }
        guard !host.isEmpty, host.utf8.count <= 253, isPlain else { throw refusal(text, "Its host is not a plain name.") }
        return host
    }

    private static func refusal(_ text: String, _ why: String) -> Problem {
        Problem(
            .invalid, "egress.url.malformed", "'\(text.printable)' is not a URL that requests can be sent to.", why: why,
            fix: "Give one such as https://hooks.example.org/dhow.")
    }
}
