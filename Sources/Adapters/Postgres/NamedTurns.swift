// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets one task at a time go on per name, in the order they came.
final class NamedTurns: Sendable {
    /// Per name that is taken: those who wait for it.
    private let waiting = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    func withTurn<Result: Sendable>(at name: String, _ body: () async throws -> Result) async throws -> Result {
        await take(name)
        defer { giveBack(name) }
        return try await body()
    }

    private func take(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard waiting[name] != nil else {
                    waiting[name] = []
                    return true
                }
                waiting[name]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func giveBack(_ name: String) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var queue = waiting[name], !queue.isEmpty else {
                waiting[name] = nil
                return nil
            }
            let next = queue.removeFirst()
            waiting[name] = queue
            return next
        }
        next?.resume()
    }
}
