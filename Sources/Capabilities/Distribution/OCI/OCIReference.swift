// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Where an artifact is in a registry: `oci://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`, names as the OCI distribution specification has them.
package struct OCIReference: Hashable, Sendable {
    package static let scheme = "oci://"
    package static let usualTag = "latest"
    private static let longestRepository = 255

    /// With its port when one is named, as it is written.
    package let authority: String
    package let repository: String
    package let tag: String?
    package let digest: BlobDigest?
    /// Whether the host is this machine itself.
    package let isLoopback: Bool

    /// - Throws: `Problem` `.invalid` `oci.reference.malformed`.
    package init(_ text: String) throws(Problem) {
        guard text.hasPrefix(Self.scheme) else { throw Self.refusal(text, "It does not begin with \(Self.scheme).") }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Self.refusal(text, "It names no repository.") }
        authority = String(parts[0]).lowercased()
        let address: EgressURL
        do {
            address = try EgressURL("https://\(authority)/")
        } catch {
            throw Self.refusal(text, error.why ?? "Its host is not a plain name.")
        }
        isLoopback = Self.isLoopback(address.host)

        var rest = String(parts[1])
        var digest: BlobDigest?
        if let mark = rest.firstIndex(of: "@") {
            let named = String(rest[rest.index(after: mark)...])
            guard named.hasPrefix("sha256:"), let known = BlobDigest(named) else {
                throw Self.refusal(text, "What stands after '@' is no SHA-256.")
            }
            digest = known
            rest = String(rest[..<mark])
        }
        var tag: String?
        if let mark = rest.lastIndex(of: ":") {
            let named = String(rest[rest.index(after: mark)...])
            guard Self.isTag(named) else { throw Self.refusal(text, "'\(named.printable)' is no tag.") }
            tag = named
            rest = String(rest[..<mark])
        }
        guard Self.isRepository(rest) else {
            throw Self.refusal(text, "'\(rest.printable)' is no repository: small letters, digits and single separators.")
        }
        repository = rest
        self.tag = tag
        self.digest = digest
    }

    private init(_ other: OCIReference, tag: String?, digest: BlobDigest?) {
        authority = other.authority
        repository = other.repository
        isLoopback = other.isLoopback
        self.tag = tag
        self.digest = digest
    }

    package func pinned(to digest: BlobDigest) -> OCIReference { OCIReference(self, tag: nil, digest: digest) }

    /// What a registry is asked for: the digest, else the tag, else `latest`.
    package var name: String { digest?.description ?? tag ?? Self.usualTag }

    package var text: String {
        "\(Self.scheme)\(authority)/\(repository)\(tag.map { ":\($0)" } ?? "")\(digest.map { "@\($0)" } ?? "")"
    }

    static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isLower(first) || isUpper(first) || isDigit(first) || first == 95)
            && text.utf8.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || [45, 46, 95].contains($0) }
    }

    /// Parts of letters and digits, joined by `.`, `_`, `__` or any number of `-`, between slashes.
    private static func isRepository(_ text: String) -> Bool {
        guard text.utf8.count <= longestRepository else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            let bytes = Array(part.utf8)
            guard let first = bytes.first, let last = bytes.last, isWord(first), isWord(last) else { return false }
            var separator: [UInt8] = []
            for byte in bytes {
                if isWord(byte) {
                    guard separator.isEmpty || isSeparator(separator) else { return false }
                    separator = []
                } else {
                    separator.append(byte)
                }
            }
            return true
        }
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == [46] || bytes == [95] || bytes == [95, 95] || bytes.allSatisfy { $0 == 45 }
    }

    private static func isWord(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isLoopback(_ host: String) -> Bool {
        guard let address = InternetAddress(host) else { return host == "localhost" }
        return address.bytes.count == 4 ? address.bytes[0] == 127 : address == InternetAddress("::1")
    }

    private static func refusal(_ text: String, _ why: String) -> Problem {
        Problem(
            .invalid, "oci.reference.malformed", "'\(text.printable)' names no place in a registry.", why: why,
            fix: "Write oci://HOST[:PORT]/REPOSITORY[:TAG], such as oci://registry.example.org/models/churn:3.")
    }
}
