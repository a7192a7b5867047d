// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A way to decide, minute by minute, that a candidate must go back.
package protocol AbortRule: Sendable {
    /// Takes in the minutes whose answers became known in this one, each segment by itself; asked once a minute.
    ///
    /// - Returns: Whether it aborts now.
    mutating func aborts(on known: [SimulatedMinute]) -> Bool
    /// Asked once, after the last minute.
    mutating func abortsAtEnd() -> Bool
}

extension AbortRule {
    package mutating func abortsAtEnd() -> Bool { false }
}

/// The rule of this project: evidence that may be looked at any time, of bad events weighed by the share at their request.
package struct EvidenceRule: AbortRule {
    /// How an event's share of traffic is found, and which events count.
    package enum Counting: Sendable {
        /// One event an entity, with the share at its request.
        case entities
        /// Every bad answer, as if answers to one entity were independent.
        case answers
    }

    private let alpha: Double
    private let counting: Counting
    private var whole = CanaryEvidence()
    /// Evidence by segment, when each is looked at by itself; α is then split evenly among all tests.
    private var segments: [CanaryEvidence]

    package init(alpha: Double, counting: Counting = .entities, segments: Int = 0) {
        self.alpha = alpha / Double(1 + segments)
        self.counting = counting
        self.segments = Array(repeating: CanaryEvidence(), count: segments)
    }

    package mutating func aborts(on known: [SimulatedMinute]) -> Bool {
        for (index, minute) in known.enumerated() {
            let (canary, stable) =
                counting == .entities ? (minute.canary.badEntities, minute.stable.badEntities) : (minute.canary.bad, minute.stable.bad)
            whole.observe(canary: canary, of: canary + stable, weight: minute.weight)
            if index < segments.count { segments[index].observe(canary: canary, of: canary + stable, weight: minute.weight) }
        }
        return whole.harm.rejects(at: alpha) || segments.contains { $0.harm.rejects(at: alpha) }
    }
}

/// Aborts after so many minutes in which more than a fixed share of the candidate's answers was bad, as simple controllers do.
package struct FixedThresholdRule: AbortRule {
    private let badShare: Double
    private let failures: Int
    private var seen = 0

    /// - Parameter failures: The failed minute with this number aborts.
    package init(badShare: Double = 0.05, failures: Int) {
        self.badShare = badShare
        self.failures = failures
    }

    package mutating func aborts(on known: [SimulatedMinute]) -> Bool {
        let requests = known.reduce(0) { $0 + $1.canary.requests }
        let bad = known.reduce(0) { $0 + $1.canary.bad }
        if requests > 0, Double(bad) / Double(requests) > badShare { seen += 1 }
        return seen >= failures
    }
}

/// The two-proportion z test at a one-sided 5 %, looked at every minute or once at the end.
package struct ProportionRule: AbortRule {
    private let isRepeated: Bool
    private var canary = SimulatedMinute.Arm(requests: 0, bad: 0, badEntities: 0)
    private var stable = SimulatedMinute.Arm(requests: 0, bad: 0, badEntities: 0)

    package init(isRepeated: Bool) {
        self.isRepeated = isRepeated
    }

    package mutating func aborts(on known: [SimulatedMinute]) -> Bool {
        for minute in known {
            canary.requests += minute.canary.requests
            canary.bad += minute.canary.bad
            stable.requests += minute.stable.requests
            stable.bad += minute.stable.bad
        }
        return isRepeated && rejects
    }

    package mutating func abortsAtEnd() -> Bool { !isRepeated && rejects }

    private var rejects: Bool {
        let (n, m) = (Double(canary.requests), Double(stable.requests))
        let pooled = Double(canary.bad + stable.bad) / (n + m)
        guard n > 0, m > 0, pooled > 0, pooled < 1 else { return false }
        let error = (pooled * (1 - pooled) * (1 / n + 1 / m)).squareRoot()
        return (Double(canary.bad) / n - Double(stable.bad) / m) / error > 1.644_853_626_951_472_7
    }
}
