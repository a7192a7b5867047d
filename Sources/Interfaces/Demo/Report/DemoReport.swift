// SPDX-License-Identifier: Apache-2.0

/// What the demonstration found: every number was measured, every decision taken by the server.
package struct DemoReport: Codable, Equatable, Sendable {
    package var months: [Month]
    package var faults: Faults
    package var ledger: LedgerSummary
    package var seconds: Seconds
    /// The chain from one prediction back to its data, a line for each link.
    package var lineage: [String]

    package init(
        months: [Month] = [], faults: Faults = Faults(), ledger: LedgerSummary = LedgerSummary(), seconds: Seconds = Seconds(),
        lineage: [String] = []
    ) {
        self.months = months
        self.faults = faults
        self.ledger = ledger
        self.seconds = seconds
        self.lineage = lineage
    }

    package enum Decision: String, Codable, CaseIterable, Sendable {
        /// The champion stays without a challenger.
        case keep
        /// A challenger took over.
        case promoted
        /// A challenger was trained and turned down by a gate, a person or its canary.
        case refused
        /// Retraining was held back, since the data are at fault.
        case blocked
    }

    package struct Month: Equatable, Sendable {
        /// 1 to 12.
        package var month: Int
        package var rows: Int
        /// Share of late flights among those with a label.
        package var lateRate: Double?
        package var championAUC: Double?
        package var challengerAUC: Double?
        /// In nats.
        package var championLogLoss: Double?
        package var challengerLogLoss: Double?
        package var decision: Decision
        package var reason: String
        package var drift: Drift?

        package init(
            month: Int, rows: Int, lateRate: Double? = nil, championAUC: Double? = nil, challengerAUC: Double? = nil,
            championLogLoss: Double? = nil, challengerLogLoss: Double? = nil, decision: Decision = .keep, reason: String = "",
            drift: Drift? = nil
        ) {
            self.month = month
            self.rows = rows
            self.lateRate = lateRate
            self.championAUC = championAUC
            self.challengerAUC = challengerAUC
            self.championLogLoss = championLogLoss
            self.challengerLogLoss = challengerLogLoss
            self.decision = decision
            self.reason = reason
            self.drift = drift
        }
    }

    package struct Drift: Codable, Equatable, Sendable {
        /// The input whose distribution changed most, and its population stability index in nats.
        package var feature: String?
        package var psi: Double?
        /// Of the scores.
        package var scorePSI: Double?
        /// The monitor's own word.
        package var verdict: String?

        package init(feature: String? = nil, psi: Double? = nil, scorePSI: Double? = nil, verdict: String? = nil) {
            self.feature = feature
            self.psi = psi
            self.scorePSI = scorePSI
            self.verdict = verdict
        }
    }

    /// Each is nil until its drill has run.
    package struct Faults: Equatable, Sendable {
        package var brokenCandidate: BrokenCandidate?
        /// A candidate that is broken for one carrier only.
        package var brokenSegment: BrokenCandidate?
        package var celsius: DataFault?
        package var nulls: DataFault?
        package var unseenCarrier: DataFault?
        package var stoppedFeed: DataFault?
        package var lateLabels: LateLabels?

        package init(
            brokenCandidate: BrokenCandidate? = nil, brokenSegment: BrokenCandidate? = nil, celsius: DataFault? = nil,
            nulls: DataFault? = nil, unseenCarrier: DataFault? = nil, stoppedFeed: DataFault? = nil, lateLabels: LateLabels? = nil
        ) {
            self.brokenCandidate = brokenCandidate
            self.brokenSegment = brokenSegment
            self.celsius = celsius
            self.nulls = nulls
            self.unseenCarrier = unseenCarrier
            self.stoppedFeed = stoppedFeed
            self.lateLabels = lateLabels
        }

        /// In the order in which they were tried.
        var ofData: [(title: String, fault: DataFault?)] {
            [
                ("A column of nulls", nulls), ("An unseen carrier", unseenCarrier), ("A feed that stops", stoppedFeed),
                ("Temperatures in Celsius", celsius),
            ]
        }
    }

    /// Labels that come long after their predictions.
    package struct LateLabels: Codable, Equatable, Sendable {
        /// Whether nothing was concluded, and nothing started, while they were missing.
        package var waited: Bool
        /// Whether the same window was judged once they were there.
        package var judged: Bool
        package var reason: String

        package init(waited: Bool, judged: Bool, reason: String) {
            self.waited = waited
            self.judged = judged
            self.reason = reason
        }
    }

    package struct BrokenCandidate: Codable, Equatable, Sendable {
        package var rolledBack: Bool
        /// Rows that the candidate answered before it was taken back.
        package var predictionsServed: Int
        package var secondsToRollback: Double
        package var reason: String

        package init(rolledBack: Bool, predictionsServed: Int, secondsToRollback: Double, reason: String) {
            self.rolledBack = rolledBack
            self.predictionsServed = predictionsServed
            self.secondsToRollback = secondsToRollback
            self.reason = reason
        }
    }

    /// An upstream system that breaks.
    package struct DataFault: Codable, Equatable, Sendable {
        package var detected: Bool
        package var retrainBlocked: Bool
        package var reason: String

        package init(detected: Bool, retrainBlocked: Bool, reason: String) {
            self.detected = detected
            self.retrainBlocked = retrainBlocked
            self.reason = reason
        }
    }

    package struct LedgerSummary: Codable, Equatable, Sendable {
        package var entries: Int
        /// By a fresh check of the whole tree and its signed checkpoint.
        package var verified: Bool
        /// The signed note as it stands.
        package var checkpoint: String?

        package init(entries: Int = 0, verified: Bool = false, checkpoint: String? = nil) {
            self.entries = entries
            self.verified = verified
            self.checkpoint = checkpoint
        }
    }

    package struct Seconds: Codable, Equatable, Sendable {
        /// By the clock.
        package var total: Double
        /// Of processor: the server; the training programs; this program.
        package var dhowCPU: Double
        package var trainingCPU: Double?
        package var driverCPU: Double?

        package init(total: Double = 0, dhowCPU: Double = 0, trainingCPU: Double? = nil, driverCPU: Double? = nil) {
            self.total = total
            self.dhowCPU = dhowCPU
            self.trainingCPU = trainingCPU
            self.driverCPU = driverCPU
        }
    }
}

// What is not known is written as null, so that every reader finds every member.

extension DemoReport.Month: Codable {
    private enum CodingKeys: CodingKey {
        case month, rows, lateRate, championAUC, challengerAUC, championLogLoss, challengerLogLoss, decision, reason, drift
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(month, forKey: .month)
        try container.encode(rows, forKey: .rows)
        try container.encode(lateRate, forKey: .lateRate)
        try container.encode(championAUC, forKey: .championAUC)
        try container.encode(challengerAUC, forKey: .challengerAUC)
        try container.encode(championLogLoss, forKey: .championLogLoss)
        try container.encode(challengerLogLoss, forKey: .challengerLogLoss)
        try container.encode(decision, forKey: .decision)
        try container.encode(reason, forKey: .reason)
        try container.encode(drift, forKey: .drift)
    }
}

extension DemoReport.Faults: Codable {
    private enum CodingKeys: CodingKey { case brokenCandidate, brokenSegment, celsius, nulls, unseenCarrier, stoppedFeed, lateLabels }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(brokenCandidate, forKey: .brokenCandidate)
        try container.encode(brokenSegment, forKey: .brokenSegment)
        try container.encode(celsius, forKey: .celsius)
        try container.encode(nulls, forKey: .nulls)
        try container.encode(unseenCarrier, forKey: .unseenCarrier)
        try container.encode(stoppedFeed, forKey: .stoppedFeed)
        try container.encode(lateLabels, forKey: .lateLabels)
    }
}
