// SPDX-License-Identifier: Apache-2.0

package import Governance
package import NIOCore
package import NIOHTTP1

/// What answers its requests from the connection's event loop, past the router: the shortest way from a body to its answer. Whatever it
/// does not answer goes through the router, to the same capability.
package protocol DirectRoute: Sendable {
    /// As the router has it, for metrics.
    var path: String { get }
    var permission: Permission { get }
    var problems: ProblemForm { get }

    /// Decides by the head alone, and quickly: every `POST` of a connection is asked about.
    func claims(_ head: HTTPRequestHead) -> Bool

    /// Does not wait.
    ///
    /// - Throws: The refusal, where repeating the request through the router would do its work twice.
    func answer(_ request: DirectRequest) throws -> DirectReply
}

package enum DirectReply: Sendable {
    case answer(DirectAnswer)
    /// Something has to be waited for. The connection's later requests wait with it, so that answers keep their order.
    case later(@Sendable () async throws -> DirectAnswer)
    /// Nothing has been done; the router has what the answer needs, or refuses it better.
    case router
}

/// A whole request of a caller that may make it.
package struct DirectRequest: Sendable {
    package var head: HTTPRequestHead
    package var body: ByteBuffer
    package var caller: Caller
    package var requestID: String
}

package struct DirectAnswer: Sendable {
    package var body: [UInt8]
    package var contentType: StaticString
    /// Beside those that every answer has.
    package var header: (name: StaticString, value: Int)?

    package init(body: [UInt8], contentType: StaticString, header: (name: StaticString, value: Int)? = nil) {
        self.body = body
        self.contentType = contentType
        self.header = header
    }
}
