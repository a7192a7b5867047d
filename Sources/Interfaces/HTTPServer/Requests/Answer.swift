// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import HTTPTypes
package import Hummingbird
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

    package static func data(_ data: Data, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}
