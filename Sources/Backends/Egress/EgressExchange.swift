// SPDX-License-Identifier: Apache-2.0

/// The way out for answers of any size, which come as they are read. Implementation: `HTTPEgressClient`.
///
/// As `EgressClient`, it connects to the address it has checked and follows no redirect.
package protocol EgressExchange: Sendable {
    /// - Returns: The answer's head, whatever its status, with its body still to be read; who drops it ends the connection.
    /// - Throws: `Problem` as `EgressClient.send`; so do the answer's bytes. `.unavailable` `egress.receiver.late` after the request's patience.
    func exchange(_ request: EgressTransfer) async throws -> EgressStream
}

package struct EgressTransfer: Sendable {
    package var method: String
    package var url: EgressURL
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Longest time without a byte in either direction.
    package var patience: Duration

    package init(
        _ method: String, _ url: EgressURL, headers: [(name: String, value: String)] = [], body: [UInt8] = [], patience: Duration
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.patience = patience
    }
}

package struct EgressStream: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: any AsyncSequence<[UInt8], any Error> & Sendable

    package init(
        status: Int, headers: [(name: String, value: String)], body: any AsyncSequence<[UInt8], any Error> & Sendable
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in any case.
    package subscript(name: String) -> String? { self.all(name).first }

    package func all(_ name: String) -> [String] {
        let lowered = name.lowercased()
        return headers.filter { $0.name.lowercased() == lowered }.map(\.value)
    }

    /// The body's beginning, at most `limit` bytes.
    package func beginning(_ limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await read(limit, into: &bytes)
        return bytes
    }

    /// What came of it, also when the connection broke then: a server that refuses a body may end before it has read it.
    package func remains(_ limit: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        try? await read(limit, into: &bytes)
        return bytes
    }

    private func read(_ limit: Int, into bytes: inout [UInt8]) async throws {
        for try await piece in body {
            bytes += piece.prefix(limit - bytes.count)
            if bytes.count == limit { break }
        }
    }
}
