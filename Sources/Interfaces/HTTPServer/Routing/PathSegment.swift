// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// Segments of user paths: decoded once, then checked, so that no encoding of `..`, NUL or a separator gets through.
package enum PathSegment {
    package static let maximumBytes = 1024
    package static let maximumSegments = 64

    package static func decode(_ raw: some StringProtocol) throws(Problem) -> String {
        guard let decoded = String(raw).removingPercentEncoding else { throw refusal(raw, "It is not percent-encoded UTF-8.") }
        try check(decoded)
        return decoded
    }

    /// Splits first, decodes each part, so that an encoded `/` never makes a segment.
    package static func decodeAll(_ raw: some StringProtocol) throws(Problem) -> [String] {
        let parts = raw.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= maximumSegments else { throw refusal(raw, "It has more than \(maximumSegments) segments.") }
        var segments: [String] = []
        for part in parts { segments.append(try decode(part)) }
        return segments
    }

    /// Splits an already decoded path such as a query value.
    package static func split(_ path: String) throws(Problem) -> [String] {
        if path.isEmpty { return [] }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= maximumSegments else { throw refusal(path, "It has more than \(maximumSegments) segments.") }
        for part in parts { try check(String(part)) }
        return parts.map(String.init)
    }

    private static func check(_ segment: String) throws(Problem) {
        guard !segment.isEmpty else { throw refusal(segment, "A segment is empty.") }
        guard segment.utf8.count <= maximumBytes else { throw refusal(segment, "A segment is longer than \(maximumBytes) bytes.") }
        // Some clients and proxies encode twice: what decoding again would reveal is refused as well.
        for form in [segment, segment.removingPercentEncoding ?? segment] {
            guard form != ".", form != ".." else { throw refusal(segment, "'.' and '..' are not names.") }
            guard !form.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
                throw refusal(segment, "It holds a control character.")
            }
            guard !form.contains("/"), !form.contains("\\") else { throw refusal(segment, "It holds a separator.") }
        }
    }

    private static func refusal(_ path: some StringProtocol, _ why: String) -> Problem {
        Problem(
            .invalid, "request.path.malformed", "'\(String(path).printable)' is not a path here.", why: why,
            fix: "Use names separated by single '/', without '..'.")
    }
}
