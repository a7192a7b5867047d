// SPDX-License-Identifier: Apache-2.0

import Domain
import Synchronization

/// What one revision is working on, and how long its rows take.
final class LaneLoad: Sendable {
    let hedging = Hedging()

    /// A call estimated to take longer leaves the event loop.
    private static let longestOnLoop: Int64 = 1_000_000

    private let requests = Atomic<Int>(0)
    /// Nanoseconds a row, a moving mean of the last few calls.
    private let pace = Atomic<Int64>(0)

    /// The most requests at once since somebody asked.
    private let most = Atomic<Int>(0)

    var inFlight: Int { requests.load(ordering: .relaxed) }

    /// - Throws: `Problem` `.exhausted` when `limit` requests are worked on already. Each success is followed by one `leave`.
    func enter(limit: Int?, revision: Int) throws(Problem) {
        let count = requests.wrappingAdd(1, ordering: .relaxed).newValue
        if let limit, count > limit {
            leave()
            throw Problem(
                .exhausted, "serving.revision.saturated", "Revision \(revision) works on as many requests as it may.",
                why: "The endpoint's 'concurrency' is \(limit).", fix: "Send it again after the time in Retry-After.")
        }
        if count > most.load(ordering: .relaxed) { most.store(count, ordering: .relaxed) }
    }

    func leave() { requests.wrappingSubtract(1, ordering: .relaxed) }

    /// The most requests that were worked on at once since this was last asked.
    func takeMost() -> Int { most.exchange(inFlight, ordering: .relaxed) }

    func isShort(rows: Int) -> Bool {
        let (estimate, overflow) = pace.load(ordering: .relaxed).multipliedReportingOverflow(by: Int64(rows))
        return !overflow && estimate <= Self.longestOnLoop
    }

    func took(_ nanoseconds: Int64, rows: Int) {
        let last = pace.load(ordering: .relaxed)
        let now = nanoseconds / Int64(max(1, rows))
        pace.store(last == 0 ? now : (3 * last + now) / 4, ordering: .relaxed)
    }
}
