// SPDX-License-Identifier: Apache-2.0

import Domain
import Synchronization

/// Asks a second time when an answer is late, and takes the answer that comes first.
///
/// Only a share of the calls may be asked again, so that a server that is slow for all is not asked twice as much (Dean and Barroso, "The
/// Tail at Scale", 2013).
package final class Hedging: Sendable {
    package struct Counts: Sendable, Equatable {
        package var calls = 0
        /// Calls that were asked a second time.
        package var hedged = 0
        /// Of these, those that the second answer was for.
        package var won = 0
    }

    /// What calls save up for second ones at most, in calls.
    private static let burst = 10.0

    private struct State {
        var saved: Double = 1
        var counts = Counts()
    }

    private enum Event<Answer: Sendable>: Sendable {
        case answered(Result<Answer, any Error>, isSecond: Bool)
        case late
    }

    private let state = Mutex(State())

    package init() {}

    package var counts: Counts { state.withLock { $0.counts } }

    /// - Throws: What the last of the calls threw, when none gave an answer.
    package func first<Answer: Sendable>(
        by settings: EndpointSettings.Hedging, clock: any Clock<Duration> = ContinuousClock(),
        _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        state.withLock { state in
            state.counts.calls += 1
            state.saved = min(Self.burst, state.saved + Double(settings.percent) / 100)
        }
        return try await withThrowingTaskGroup(of: Event<Answer>.self) { group in
            defer { group.cancelAll() }
            group.addTask { .answered(await Result.catching { try await body() }, isSecond: false) }
            group.addTask {
                try? await clock.sleep(for: .milliseconds(settings.milliseconds))
                return .late
            }
            var asked = 1
            while let event = try await group.next() {
                switch event {
                case .late where spend():
                    asked += 1
                    group.addTask { .answered(await Result.catching { try await body() }, isSecond: true) }
                case .late: break
                case .answered(.success(let answer), let isSecond):
                    if isSecond { state.withLock { $0.counts.won += 1 } }
                    return answer
                case .answered(.failure(let error), _):
                    asked -= 1
                    guard asked > 0 else { throw error }
                }
            }
            throw CancellationError()
        }
    }

    private func spend() -> Bool {
        guard !Task.isCancelled else { return false }
        return state.withLock { state in
            guard state.saved >= 1 else { return false }
            state.saved -= 1
            state.counts.hedged += 1
            return true
        }
    }
}
