// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Traffic of two revisions as a simulation imagines it.
package struct CanaryScenario: Codable, Equatable, Sendable {
    /// A time in which both revisions fail more often than usual, as when a database they share is slow.
    package struct SharedIncident: Codable, Equatable, Sendable {
        package var minutes: Range<Int>
        package var factor: Double

        package init(minutes: Range<Int>, factor: Double) {
            self.minutes = minutes
            self.factor = factor
        }
    }

    package var requestsPerSecond: Double
    /// Share of the stable revision's answers that are bad.
    package var badRate: Double
    /// How many times as often the candidate is bad; 1 for a good one.
    package var ratio: Double
    /// The share of traffic in which the candidate differs; elsewhere it is as the stable revision.
    package var segmentShare: Double
    package var incident: SharedIncident?
    /// How long after its request an answer is known to be bad.
    package var labelDelayMinutes: Int
    /// Bad answers come in groups of this size, one group an entity, all by one revision.
    package var eventsPerEntity: Int

    package init(
        requestsPerSecond: Double, badRate: Double, ratio: Double = 1, segmentShare: Double = 1, incident: SharedIncident? = nil,
        labelDelayMinutes: Int = 0, eventsPerEntity: Int = 1
    ) {
        self.requestsPerSecond = requestsPerSecond
        self.badRate = badRate
        self.ratio = ratio
        self.segmentShare = segmentShare
        self.incident = incident
        self.labelDelayMinutes = labelDelayMinutes
        self.eventsPerEntity = eventsPerEntity
    }

    /// The answers to one minute's requests. Those of the segment in which the candidate differs stand by themselves.
    package func minute(
        _ minute: Int, weight: Double, using generator: inout some RandomNumberGenerator
    ) -> [SimulatedMinute] {
        let factor = incident.map { $0.minutes.contains(minute) ? $0.factor : 1 } ?? 1
        let parts: [(share: Double, ratio: Double)] = segmentShare < 1 ? [(segmentShare, ratio), (1 - segmentShare, 1)] : [(1, ratio)]
        return parts.map { share, ratio in
            let requests = requestsPerSecond * 60 * share
            let stable = arm(requests * (1 - weight), min(1, badRate * factor), using: &generator)
            let canary = arm(requests * weight, min(1, badRate * factor * ratio), using: &generator)
            return SimulatedMinute(minute: minute, weight: weight, stable: stable, canary: canary)
        }
    }

    private func arm(_ requests: Double, _ rate: Double, using generator: inout some RandomNumberGenerator) -> SimulatedMinute.Arm {
        let entities = PoissonDraw.next(mean: requests * rate / Double(eventsPerEntity), using: &generator)
        let bad = entities * eventsPerEntity
        return SimulatedMinute.Arm(
            requests: bad + PoissonDraw.next(mean: requests * (1 - rate), using: &generator), bad: bad, badEntities: entities)
    }
}

/// What one minute of requests came to, in one segment.
package struct SimulatedMinute: Equatable, Sendable {
    package struct Arm: Equatable, Sendable {
        package var requests: Int
        package var bad: Int
        package var badEntities: Int
    }

    /// When the requests were made.
    package var minute: Int
    /// The candidate's share of traffic then.
    package var weight: Double
    package var stable: Arm
    package var canary: Arm
}

enum PoissonDraw {
    /// Exact up to a mean of 30, by products of uniform draws (Knuth, "The Art of Computer Programming" 2, 3.4.1); above it a rounded
    /// normal draw, whose distribution function differs by less than 0.02.
    static func next(mean: Double, using generator: inout some RandomNumberGenerator) -> Int {
        guard mean > 0 else { return 0 }
        guard mean <= 30 else {
            let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
            let normal = radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
            return max(0, Int((mean + mean.squareRoot() * normal).rounded()))
        }
        let limit = exp(-mean)
        var product = 1.0
        var count = -1
        repeat {
            product *= Double.random(in: 0..<1, using: &generator)
            count += 1
        } while product > limit
        return count
    }
}
