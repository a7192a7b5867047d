// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance
package import HTTPServer
package import HTTPTypes
import NIOCore
package import Serving

/// `POST /v2/models/{model}[/versions/{version}]/infer` on the connection's event loop, for models in memory.
package struct DirectInference: DirectRoute {
    package let path = "/v2/models/{model}/infer"
    package let permission = Permission.inferenceInvoke
    package let problems = ProblemForm.inference
    private let inference: InferenceService

    package init(inference: InferenceService) {
        self.inference = inference
    }

    package func claims(_ head: HTTPRequest) -> Bool {
        head.headerFields[.contentEncoding] == nil && head.path.flatMap(Self.target) != nil
    }

    package func answer(_ request: DirectRequest) throws -> DirectAnswer? {
        guard let (endpoint, version) = request.head.path.flatMap(Self.target) else { return nil }
        let body = try InferenceBodyReader.read(
            Array(request.body.readableBytesView), headLength: try InferenceRoutes.headLength(in: request.head.headerFields))
        guard
            let answer = try inference.inferAtOnce(
                endpoint, version: version, body.request, by: request.caller, id: request.requestID)
        else { return nil }
        let written = InferenceAnswerWriter.write(answer, to: body)
        guard let headLength = written.headLength else {
            return DirectAnswer(body: ByteBuffer(bytes: written.bytes), contentType: "application/json")
        }
        return DirectAnswer(
            body: ByteBuffer(bytes: written.bytes), contentType: "application/octet-stream",
            headers: [.inferenceHeaderContentLength: String(headLength)])
    }

    /// The endpoint and version that a plain path names; nil for all that the router must look at, such as escapes and queries.
    private static func target(_ path: String) -> (endpoint: String, version: Int?)? {
        let prefix = "/v2/models/"
        guard path.hasPrefix(prefix), path.hasSuffix("/infer") else { return nil }
        let parts = path.utf8.dropFirst(prefix.utf8.count).dropLast("/infer".utf8.count).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, name.allSatisfy(isPlain) else { return nil }
        let endpoint = String(decoding: name, as: UTF8.self)
        if parts.count == 1 { return (endpoint, nil) }
        guard parts.count == 3, parts[1].elementsEqual("versions".utf8), let version = Int(String(decoding: parts[2], as: UTF8.self)), version > 0
        else { return nil }
        return (endpoint, version)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
