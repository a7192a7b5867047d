// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import HTTPTypes
package import Hummingbird

/// One range of a `Range` header (RFC 9110, 14.1.2).
package struct ByteRange: Equatable {
    private let first: Int64?
    private let last: Int64?

    /// - Throws: `Problem` `.invalid` for several ranges or other units.
    package init(_ text: String) throws(Problem) {
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard text.hasPrefix("bytes="), parts.count == 2, parts[0].isEmpty || Int64(parts[0]) != nil,
            parts[1].isEmpty || Int64(parts[1]) != nil,
            !(parts[0].isEmpty && parts[1].isEmpty)
        else { throw Self.refusal(text) }
        first = Int64(parts[0])
        last = Int64(parts[1])
    }

    /// - Throws: `Problem` `.invalid` when nothing of the file is in the range.
    package func bounds(of size: Int64) throws(Problem) -> Range<Int64> {
        let range: Range<Int64>
        if let first {
            let end = last.map { min($0, size - 1) + 1 } ?? size
            guard first < end else { throw Self.refusal("bytes=\(first)-") }
            range = first..<end
        } else {
            range = max(0, size - (last ?? 0))..<size
        }
        guard !range.isEmpty else { throw Self.refusal("of \(size) bytes") }
        return range
    }

    private static func refusal(_ text: String) -> Problem {
        Problem(
            .invalid, "request.range.unusable", "The range '\(text.printable)' cannot be given.",
            fix: "Ask for one range: bytes=FIRST-LAST.")
    }
}

/// A stored file as a response, streamed; never shown in a browser as a page of ours.
package enum ArtifactAnswer {
    package static func response(_ content: BlobContent, name: String, type: String?, isPart: Bool, _ context: APIContext) -> Response {
        var headers: HTTPFields = [
            .contentType: type ?? "application/octet-stream", .xContentTypeOptions: "nosniff", .acceptRanges: "bytes",
            .eTag: "\"\(content.info.digest.hexadecimal)\"", .contentDisposition: disposition(name),
            .contentSecurityPolicy: "sandbox; default-src 'none'",
        ]
        if isPart {
            headers[.contentRange] = "bytes \(content.range.lowerBound)-\(content.range.upperBound - 1)/\(content.info.size)"
        }
        let length = content.range.upperBound - content.range.lowerBound
        let body = Answer.stream(content.bytes, length: length, context)
        return Response(status: isPart ? .partialContent : .ok, headers: headers, body: body)
    }

    /// RFC 6266, with the name in RFC 8187's encoding so that no character of it ends the header.
    private static func disposition(_ name: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
        let encoded = name.addingPercentEncoding(withAllowedCharacters: plain) ?? "artifact"
        return "attachment; filename*=UTF-8''\(encoded)"
    }
}
