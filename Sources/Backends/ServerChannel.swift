// SPDX-License-Identifier: Apache-2.0

/// HTTP to servers on this machine that this process has started. Implementation: `LocalServerClient`.
///
/// Places that people name are reached by `EgressClient` alone.
package protocol LocalServers: Sendable {
    /// Any answer is returned, whatever its status.
    ///
    /// - Throws: `Problem` `.unavailable` `serving.server.unreachable` or `.late`.
    func send(_ request: ServerRequest, to address: LocalServerAddress) async throws -> ServerAnswer
}

/// Where a server listens that this process has started.
package enum LocalServerAddress: Sendable, Hashable {
    /// On 127.0.0.1.
    case port(Int)
    /// A socket in the file system.
    case socket(String)
}

package struct ServerRequest: Sendable {
    package var method: String
    /// Begins with `/`.
    package var path: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// For all of it.
    package var limit: Duration
    /// Bytes of the answer that are taken.
    package var maximumAnswer: Int

    package init(
        method: String, path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], limit: Duration,
        maximumAnswer: Int = 64 << 20
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.limit = limit
        self.maximumAnswer = maximumAnswer
    }
}

package struct ServerAnswer: Sendable, Equatable {
    package var status: Int
    /// Its beginning only, when it is longer than what is taken.
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
