// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance
package import HTTPServer
import NIOCore
package import NIOHTTP1
package import Serving

/// `POST /v2/models/{model}[/versions/{version}]/infer` on the connection's event loop: at once for quick models in memory, later for others.
package struct DirectInference: DirectRoute {
    package let path = "/v2/models/{model}/infer"
    package let permission = Permission.inferenceInvoke
    package let problems = ProblemForm.inference
    private let served: ServedEndpoints

    package init(served: ServedEndpoints) {
        self.served = served
    }

    package func claims(_ head: HTTPRequestHead) -> Bool {
        guard Self.target(head.uri) != nil, !head.headers.contains(name: "Content-Encoding") else { return false }
        // A client that names one encoding wants it; a list is what every library sends.
        let accepted = head.headers.first(name: "Accept-Encoding")
        return accepted != "gzip" && accepted != "deflate"
    }

    package func answer(_ request: DirectRequest) throws -> DirectReply {
        let arrival = ContinuousClock.now
        guard let (endpoint, version) = Self.target(request.head.uri) else { return .router }
        let headers = request.head.headers
        let headLength = try InferenceRoutes.headLength(headers.first(name: "Inference-Header-Content-Length"))
        // Raw bytes alone are read by the model's signature, which may have to be waited for.
        guard headLength != 0 else { return .router }
        var body = try InferenceBodyReader.read(Array(request.body.readableBytesView), headLength: headLength)
        try RequestOptions.apply(to: &body.request) { headers.first(name: $0) }
        if let answer = try served.inferAtOnce(
            endpoint, version: version, body.request, since: arrival, by: request.caller, id: request.requestID)
        {
            return .answer(Self.written(answer, to: body))
        }
        return .later { [served, body, caller = request.caller] in
            let answer = try await served.infer(endpoint, version: version, body.request, since: arrival, by: caller)
            return Self.written(answer, to: body)
        }
    }

    private static func written(_ answer: InferenceAnswer, to body: InferenceBody) -> DirectAnswer {
        let written = InferenceAnswerWriter.write(answer, to: body)
        guard let headLength = written.headLength else { return DirectAnswer(body: written.bytes, contentType: "application/json") }
        return DirectAnswer(
            body: written.bytes, contentType: "application/octet-stream", header: ("Inference-Header-Content-Length", headLength))
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
        guard parts.count == 3, parts[1].elementsEqual("versions".utf8), let version = Int(String(decoding: parts[2], as: UTF8.self)),
            version > 0
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
