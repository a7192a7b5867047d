// SPDX-License-Identifier: Apache-2.0

import API
import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Sends one request until it is answered, refused, or tried often enough.
struct ReplayChannel: Sendable {
    /// Of one answer; scores of an hour are a few kilobytes.
    static let largestAnswer = 16 << 20
    static let requestTimeout = TimeAmount.seconds(60)

    let server: ReplayServer

    enum Outcome: Sendable {
        case answered(Data, retries: Int)
        /// - Parameter status: 0 when no answer came.
        case failed(status: Int, message: String, retries: Int)
    }

    /// Tries again after status 503 or without an answer, under the same request id, after pauses that double.
    ///
    /// - Throws: `CancellationError` only.
    func post(_ body: ByteBuffer, to path: String) async throws -> Outcome {
        let id = UUID().uuidString.lowercased()
        var retries = 0
        while true {
            let outcome = await attempt(body, to: path, id: id, retries: retries)
            guard case .failed(let status, _, _) = outcome, status == 0 || status == 503, retries + 1 < server.attempts else {
                return outcome
            }
            try Task.checkCancellation()
            // Somewhere in the upper half of the pause, so that requests refused together do not return together.
            try await Task.sleep(for: server.pause * (1 << min(retries, 6)) * Double.random(in: 0.5...1))
            retries += 1
        }
    }

    private func attempt(_ body: ByteBuffer, to path: String, id: String, retries: Int) async -> Outcome {
        var request = HTTPClientRequest(url: server.address + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Authorization", value: "Bearer \(server.token)")
        request.headers.add(name: "Dhow-Workspace", value: server.workspace)
        request.headers.add(name: "X-Request-ID", value: id)
        request.body = .bytes(body)
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: Self.requestTimeout)
            let data = Data(try await response.body.collect(upTo: Self.largestAnswer).readableBytesView)
            guard (200..<300).contains(response.status.code) else {
                return .failed(status: Int(response.status.code), message: Self.message(data), retries: retries)
            }
            return .answered(data, retries: retries)
        } catch {
            return .failed(status: 0, message: "\(error)", retries: retries)
        }
    }

    /// What a refusal says: our problem details, the Open Inference Protocol's `error`, or the start of its text.
    private static func message(_ body: Data) -> String {
        if let problem = try? JSONDecoder().decode(ProblemAnswer.self, from: body) {
            return [problem.title, problem.detail].compactMap(\.self).joined(separator: " ")
        }
        if let value = try? JSONDecoder().decode(JSONValue.self, from: body), let error = value["error"]?.text { return error }
        return String(decoding: body.prefix(200), as: UTF8.self)
    }
}

/// Where requests go and how patiently.
package struct ReplayServer: Sendable {
    /// `http://HOST:PORT`
    package var address: String
    package var token: String
    package var workspace: String
    /// Times a request is sent at most.
    package var attempts: Int
    /// Before the second attempt; it doubles with each.
    package var pause: Duration

    package init(address: String, token: String, workspace: String = "default", attempts: Int = 6, pause: Duration = .milliseconds(200)) {
        self.address = address
        self.token = token
        self.workspace = workspace
        self.attempts = attempts
        self.pause = pause
    }
}
