// SPDX-License-Identifier: Apache-2.0

package import API
import Domain
import Foundation

/// Calls that take long and tell how far they are.
extension DhowClient {
    /// Bytes of a line; the last holds the whole answer.
    private static let longestLine = 16 << 20

    /// Posts, and reads the lines of the answer until the last.
    ///
    /// - Throws: The `Problem` that the last line holds, or `.unavailable` when there is none.
    package func follow<Answer: Codable & Sendable>(
        _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self,
        progress: (TransferLine<Answer>.Progress) -> Void
    ) async throws -> Answer {
        var waiting: [UInt8] = []
        var last: TransferLine<Answer>?
        try await postForLines(path, try JSONEncoder().encode(body)) { bytes in
            waiting += bytes
            guard waiting.count <= Self.longestLine else {
                throw Problem(.internal, "client.answer.unexpected", "The server's answer is not understood.", why: "A line has no end.")
            }
            while let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
                let line = try decode(Data(waiting[..<end]), as: TransferLine<Answer>.self)
                waiting.removeFirst(end + 1)
                if let step = line.progress { progress(step) } else { last = line }
            }
        }
        if let answer = last?.answer { return answer }
        if let details = last?.problem { throw problem(status: details.status, details) }
        throw Problem(
            .unavailable, "client.answer.cut", "The server's answer ended before it said how it went.",
            fix: "Do it again; what is done is not done twice.")
    }
}
