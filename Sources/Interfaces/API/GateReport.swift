// SPDX-License-Identifier: Apache-2.0

/// A metric against a fixed number; `comparison` is `atLeast`, `atMost`, `above` or `below`.
package struct GateThresholdBody: Codable, Sendable {
    package var metric: String
    package var comparison: String
    package var value: Double

    package init(metric: String, comparison: String, value: Double) {
        self.metric = metric
        self.comparison = comparison
        self.value = value
    }
}

/// The candidate against the champion on the same rows; `metric` is `logLoss`, `brier` or `auc`. What is left out takes its standard value.
package struct GateChampionBody: Codable, Sendable {
    package var metric: String
    package var minimumEffect: Double?
    package var confidence: Double?
    package var minimumRows: Int?
    package var groupedBy: String?

    package init(metric: String, minimumEffect: Double?, confidence: Double?, minimumRows: Int?, groupedBy: String?) {
        self.metric = metric
        self.minimumEffect = minimumEffect
        self.confidence = confidence
        self.minimumRows = minimumRows
        self.groupedBy = groupedBy
    }
}

/// One check of a gate: either `threshold` or `champion`.
package struct GateCheckBody: Codable, Sendable {
    package var name: String
    package var threshold: GateThresholdBody?
    package var champion: GateChampionBody?

    package init(name: String, threshold: GateThresholdBody? = nil, champion: GateChampionBody? = nil) {
        self.name = name
        self.threshold = threshold
        self.champion = champion
    }
}

/// `POST /api/v1/gate-reports`: judges a registered version.
package struct EvaluateGateRequest: Codable, Sendable {
    package var gate: String
    package var checks: [GateCheckBody]
    package var model: String
    package var version: Int
    /// Reported values by name.
    package var metrics: [String: Double]?
    /// Path of a stored artifact: CSV with the columns `label`, `candidate` and, for a comparison, `champion`.
    package var scores: String?
    /// When given, the scores are refused unless their bytes have this digest.
    package var scoresDigest: String?
    /// The version whose scores stand in the column `champion`.
    package var scoredChampion: Int?
    /// The run that reported the metrics.
    package var run: String?
    /// Ids of the held-out snapshots.
    package var snapshots: [String]?

    package init(
        gate: String, checks: [GateCheckBody], model: String, version: Int, metrics: [String: Double]? = nil, scores: String? = nil,
        scoresDigest: String? = nil, scoredChampion: Int? = nil, run: String? = nil, snapshots: [String]? = nil
    ) {
        self.gate = gate
        self.checks = checks
        self.model = model
        self.version = version
        self.metrics = metrics
        self.scores = scores
        self.scoresDigest = scoresDigest
        self.scoredChampion = scoredChampion
        self.run = run
        self.snapshots = snapshots
    }
}

/// How one check ended: `passed`, `failed` or `inconclusive`, with the numbers it rests on as decimal texts.
package struct CheckFindingAnswer: Codable, Sendable {
    package var name: String
    package var outcome: String
    package var reason: String
    package var evidence: [String: String]

    package init(name: String, outcome: String, reason: String, evidence: [String: String]) {
        self.name = name
        self.outcome = outcome
        self.reason = reason
        self.evidence = evidence
    }
}

/// `GET /api/v1/gate-reports/{report}`
package struct GateReportAnswer: Codable, Sendable {
    package var id: String
    /// SHA-256 of the stored findings; approvals pin it.
    package var digest: String
    package var gate: String
    package var model: String
    package var version: Int
    package var outcome: String
    package var specification: [GateCheckBody]
    package var checks: [CheckFindingAnswer]
    /// The version that was champion when the gate was evaluated.
    package var champion: Int?
    package var snapshots: [String]
    package var run: String?
    package var scoresDigest: String?
    package var scoredRows: Int
    package var evaluatedBy: String
    package var created: Int64

    package init(
        id: String, digest: String, gate: String, model: String, version: Int, outcome: String, specification: [GateCheckBody],
        checks: [CheckFindingAnswer], champion: Int?, snapshots: [String], run: String?, scoresDigest: String?, scoredRows: Int,
        evaluatedBy: String, created: Int64
    ) {
        self.id = id
        self.digest = digest
        self.gate = gate
        self.model = model
        self.version = version
        self.outcome = outcome
        self.specification = specification
        self.checks = checks
        self.champion = champion
        self.snapshots = snapshots
        self.run = run
        self.scoresDigest = scoresDigest
        self.scoredRows = scoredRows
        self.evaluatedBy = evaluatedBy
        self.created = created
    }
}
