// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// A mail server and whom a mail through it is from and to, as one URL:
/// `smtp://mail.example.org:587?from=dhow@example.org&to=ops@example.org,layla@example.org&user=dhow`.
///
/// `smtp` changes to TLS when the server offers it, and must when there is a `user`; `smtps` begins with TLS. The user's password stands in no URL.
package struct MailTarget: Hashable, Sendable {
    package static let maximumReceivers = 50

    package let isSecure: Bool
    package let host: String
    package let port: Int
    package let sender: String
    package let receivers: [String]
    package let user: String?

    /// Whether a URL is one of mail at all.
    package static func isMail(_ text: String) -> Bool {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        return scheme == "smtp" || scheme == "smtps"
    }

    /// - Throws: `Problem` `.invalid` for another scheme, a host that is none, or addresses that are missing or malformed.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= EgressURL.maximumLength, let parts = URLComponents(string: text) else {
            throw Self.refusal(text, "It is not a URL.")
        }
        switch parts.scheme?.lowercased() {
        case "smtp": isSecure = false
        case "smtps": isSecure = true
        default: throw Self.refusal(text, "Its scheme is neither smtp nor smtps.")
        }
        guard parts.user == nil, parts.password == nil, parts.fragment == nil,
            parts.path.isEmpty || parts.path == "/"
        else {
            throw Self.refusal(text, "It has credentials, a path or a fragment.")
        }
        // The rules for hosts are those of other URLs.
        let name = parts.encodedHost ?? ""
        guard let probe = try? EgressURL("https://\(name)/") else {
            throw Self.refusal(text, "Its host is not a plain name.")
        }
        host = probe.host
        port = parts.port ?? (isSecure ? 465 : 587)
        guard (1...65535).contains(port) else {
            throw Self.refusal(text, "Its port is not one of 1 to 65535.")
        }
        var values: [String: String] = [:]
        for item in parts.queryItems ?? [] {
            guard ["from", "to", "user"].contains(item.name), values[item.name] == nil else {
                throw Self.refusal(text, "It has '\(item.name.printable)' twice, or does not know it.")
            }
            values[item.name] = item.value ?? ""
        }
        sender = values["from"] ?? ""
        receivers = (values["to"] ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        user = values["user"]
        guard Self.isAddress(sender), (1...Self.maximumReceivers).contains(receivers.count),
            receivers.allSatisfy(Self.isAddress)
        else {
            throw Self.refusal(
                text, "'from' is one address, 'to' 1 to \(Self.maximumReceivers), such as ops@example.org.")
        }
        if let user, user.isEmpty || user.utf8.contains(where: { $0 < 33 || $0 > 126 }) {
            throw Self.refusal(text, "'user' is a name of visible ASCII.")
        }
    }

    /// One part before and one after an `@`, of characters that mean nothing in a dialogue of SMTP or a header.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, parts.allSatisfy({ !$0.isEmpty }) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [33, 35, 43, 45, 46, 61, 64, 95].contains(byte)
        }
    }

    private static func refusal(_ text: String, _ why: String) -> Problem {
        Problem(
            .invalid, "egress.mail.malformed",
            "'\(text.printable)' is not a URL that mail can be sent by.", why: why,
            fix: "Give one such as smtp://mail.example.org:587?from=dhow@example.org&to=ops@example.org.")
    }
}
