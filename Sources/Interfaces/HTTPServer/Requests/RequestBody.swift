// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation
import Governance
package import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Reading what a request carries, within its route's bounds.
package enum RequestBody {
    /// Deepest nesting of arrays and objects taken.
    package static let maximumDepth = 64

    /// The whole body, at most the route's limit.
    package static func bytes(of request: Request, _ context: APIContext) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: context.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Problem.bodyTooLarge(limit: context.bodyLimit)
        }
    }

    /// The body as JSON of the given shape; unknown members are ignored.
    package static func json<Body: Decodable>(_ type: Body.Type, of request: Request, _ context: inout APIContext) async throws -> Body {
        let buffer = try await bytes(of: request, context)
        if var idempotency = context.caller.idempotency {
            idempotency.requestDigest += " " + SHA256.hash(data: Data(buffer.readableBytesView)).lowercaseHexadecimal
            context.caller.idempotency = idempotency
        }
        return try decode(type, from: buffer)
    }

    package static func decode<Body: Decodable>(_ type: Body.Type, from buffer: ByteBuffer) throws -> Body {
        try checkDepth(buffer)
        do {
            return try JSONDecoder().decode(type, from: buffer.readableBytes == 0 ? Data("{}".utf8) : Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "request.body.malformed", "The body is not the JSON expected here.", why: explanation(of: error),
                fix: "See the API reference for the members of this request.")
        }
    }

    /// One pass over the bytes, before any parser recurses.
    package static func checkDepth(_ buffer: ByteBuffer) throws(Problem) {
        var depth = 0
        var isInText = false
        var isEscaped = false
        for byte in buffer.readableBytesView {
            if isInText {
                if isEscaped { isEscaped = false } else if byte == 0x5C { isEscaped = true } else if byte == 0x22 { isInText = false }
                continue
            }
            switch byte {
            case 0x22: isInText = true
            case 0x5B, 0x7B:
                depth += 1
                guard depth <= maximumDepth else {
                    throw Problem(
                        .invalid, "request.body.too-deep", "The body nests deeper than \(maximumDepth) levels.",
                        fix: "Send a flatter document.")
                }
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
    }

    private static func explanation(of error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            let text = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return text.isEmpty ? "the top" : "'\(text.printable)'"
        }
        switch error {
        case .keyNotFound(let key, let context): return "Member '\(key.stringValue)' is missing at \(place(context.codingPath))."
        case .typeMismatch(let type, let context): return "The value at \(place(context.codingPath)) is not a \(type)."
        case .valueNotFound(let type, let context): return "The value at \(place(context.codingPath)) is null, not a \(type)."
        case .dataCorrupted(let context): return "At \(place(context.codingPath)): \(context.debugDescription.printable)"
        @unknown default: return "It does not decode."
        }
    }
}

extension Problem {
    static func bodyTooLarge(limit: Int) -> Problem {
        Problem(
            .tooLarge, "request.body.too-large", "The body is larger than \(limit) bytes, the most taken here.",
            fix: "Send less at once; large files go through the artifact routes.")
    }
}
