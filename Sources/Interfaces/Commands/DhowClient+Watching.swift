// SPDX-License-Identifier: Apache-2.0

import Client
import Domain

extension DhowClient {
    static let watchInterval = Duration.milliseconds(500)
    /// A server that restarts is waited for this many times.
    private static let patience = 120

    /// What stands at a path now, also when the server is away for a minute.
    func watch<Answer: Decodable>(_ path: String) async throws -> Answer {
        for _ in 1..<Self.patience {
            do {
                return try await get(path)
            } catch let problem as Problem where problem.kind == .unavailable {
                try await Task.sleep(for: Self.watchInterval)
            }
        }
        return try await get(path)
    }
}
