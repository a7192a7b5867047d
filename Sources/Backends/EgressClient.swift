// SPDX-License-Identifier: Apache-2.0

/// Requests to places that people name; the one way out of the server. Implementation: `HTTPEgressClient`.
///
/// It connects to the address it has checked, follows no redirect, and takes no longer and no more of an answer than the request says.
package protocol EgressClient: Sendable {
    /// - Throws: `Problem` `.invalid` `egress.address.refused` when the URL leads where nothing may be sent; `.unavailable`
    ///   `egress.host.unknown` when its host has no address now.
    func check(_ url: EgressURL) async throws

    /// Any answer is returned, whatever its status.
    ///
    /// - Throws: What `check` throws; `.unavailable` `egress.receiver.unreachable` or `.late`, then the request may have been received.
    func send(_ request: EgressRequest) async throws -> EgressAnswer
}

package struct EgressRequest: Sendable {
    package var method: String
    package var url: EgressURL
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// For all of it.
    package var limit: Duration
    /// Bytes of the answer that are taken.
    package var maximumAnswer: Int
    /// Whether it may be sent once more when the receiver closes the connection without an answer, as it may have been received then.
    package var isRepeatable: Bool

    package init(
        method: String = "POST", url: EgressURL, headers: [(name: String, value: String)], body: [UInt8], limit: Duration = .seconds(10),
        maximumAnswer: Int = 64 << 10, isRepeatable: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
        self.maximumAnswer = maximumAnswer
        self.isRepeatable = isRepeatable
    }
}

package struct EgressAnswer: Sendable, Equatable {
    package var status: Int
    /// Its beginning only, when it is longer than what is taken.
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
