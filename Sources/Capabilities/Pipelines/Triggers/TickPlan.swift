// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance

/// Which times of a schedule start something now, and which were missed. Pure.
package struct TickPlan: Sendable, Equatable {
    /// So late a time still counts as seen.
    static let grace = Duration.seconds(60)
    private static let mostCounted = 1000

    /// Oldest first.
    package var due: [Timestamp]
    /// Times before those, or all, that start nothing.
    package var missed: ClosedRange<Timestamp>?
    package var missedCount: Int
    /// Times up to here are dealt with.
    package var considered: Timestamp
    package var next: Timestamp?

    package var missedText: String? {
        missed.map { range in
            let count = missedCount > Self.mostCounted ? "More than \(Self.mostCounted)" : "\(missedCount)"
            return "\(count) times passed from \(range.lowerBound.rfc3339) to \(range.upperBound.rfc3339) while nothing looked."
        }
    }

    /// - Parameter considered: Times up to there were dealt with before.
    package init(_ schedule: Schedule, _ source: ScheduleSource, since considered: Timestamp, at now: Timestamp) {
        missedCount = 0
        due = []
        guard now >= considered else {
            // The clock was put back: by little, and times come when it is there again; by more, and it is believed. Times that have had
            // their tick do not get another.
            self.considered = now + FiringQueue.tolerance < considered ? now : considered
            next = schedule.next(after: self.considered)
            return
        }
        self.considered = now
        switch source.missed {
        case .skip: due = schedule.times(after: max(considered, now - Self.grace), through: now, limit: ScheduleSource.largestCap)
        case .last: due = schedule.lastTimes(after: considered, through: now, limit: 1)
        case .all: due = schedule.lastTimes(after: considered, through: now, limit: source.cap)
        }
        next = schedule.next(after: now)
        let end = due.first ?? now
        let passed = schedule.times(after: considered, through: end, limit: Self.mostCounted + 1).filter { $0 != due.first }
        if let first = passed.first {
            missedCount = passed.count
            missed =
                first...(schedule.lastTimes(after: considered, through: due.first.map { $0 - .milliseconds(1) } ?? now, limit: 1).last
                ?? first)
        }
    }
}
