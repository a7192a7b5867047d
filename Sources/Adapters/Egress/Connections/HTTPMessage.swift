// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A request that is sent whole over a kept connection.
struct HTTPMessage: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8]
    /// Bytes of the answer's body that are taken; a longer one ends its connection.
    var maximumAnswer: Int
    var deadline: NIODeadline
    /// Whether it may be sent once more when the connection ends without an answer, as it may have been received then.
    var isRepeatable: Bool

    /// - Parameters:
    ///   - target: Path and query.
    ///   - host: As the header `Host` has it.
    init(
        method: String, target: String, host: String, headers: [(name: String, value: String)], body: [UInt8], maximumAnswer: Int,
        deadline: NIODeadline, isRepeatable: Bool
    ) {
        var fields = HTTPHeaders()
        fields.reserveCapacity(headers.count + 2)
        fields.add(name: "Host", value: host)
        for header in headers { fields.add(name: header.name, value: header.value) }
        if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            fields.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        }
        head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target, headers: fields)
        self.body = body
        self.maximumAnswer = maximumAnswer
        self.deadline = deadline
        self.isRepeatable = isRepeatable
    }

    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
    }

    enum Failure: Error {
        case late
        /// Nothing was sent.
        case notConnected(any Error)
        /// The connection ended before the answer did.
        /// - Parameter answerHadBegun: Whether any of it had come.
        case ended(answerHadBegun: Bool)
    }
}
