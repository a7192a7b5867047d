// SPDX-License-Identifier: Apache-2.0

import Domain
package import Foundation
package import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat

/// Making responses.
package enum Answer {
    package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return data(try encoder.encode(value), type: "application/json", status: status)
    }

    package static func text(_ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok) -> Response {
        data(Data(text.utf8), type: type, status: status)
    }

    /// Bytes as they come. The status has gone out before the last of them, so an answer that breaks off is told in the log.
    package static func stream(
        _ bytes: any AsyncSequence<[UInt8], any Error> & Sendable, length: Int64?, _ context: APIContext
    ) -> ResponseBody {
        let logger = context.logger
        return ResponseBody(contentLength: length.map { Int($0) }) { writer in
            do {
                for try await chunk in bytes { try await writer.write(ByteBuffer(bytes: chunk)) }
            } catch let problem as Problem {
                logger.error(
                    "an answer broke off", metadata: ["code": .string(problem.code), "error": .string(problem.description)])
                throw problem
            }
            try await writer.finish(nil)
        }
    }

    package static func data(_ data: Data, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}
