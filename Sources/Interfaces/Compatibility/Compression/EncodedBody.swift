// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore

/// Bodies of inference requests and answers, expanded and compressed as their headers say.
enum EncodedBody {
    /// Smaller answers are sent as they are: compressing them costs more than it saves.
    static let smallestCompressed = 4 << 10

    /// The whole body, expanded; within the route's bound before and after.
    static func bytes(of request: Request, _ context: APIContext) async throws -> [UInt8] {
        let coding = try ContentCoding.ofBody(request.headers[.contentEncoding])
        let bytes = Array(buffer: try await HTTPServer.RequestBody.bytes(of: request, context))
        return try coding?.expand(bytes, limit: context.bodyLimit) ?? bytes
    }

    static func answer(
        _ bytes: [UInt8], type: String, to request: Request, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = type
        headers[.xContentTypeOptions] = "nosniff"
        var bytes = bytes
        if bytes.count >= smallestCompressed, let coding = ContentCoding.acceptable(request.headers[.acceptEncoding]) {
            bytes = try coding.compress(bytes)
            headers[.contentEncoding] = coding.rawValue
            headers[.vary] = "Accept-Encoding"
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
