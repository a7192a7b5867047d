// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/gate-reports`: judges a registered version.
package struct EvaluateGateRequest: Codable, Sendable {
    package var gate: String
    /// As in a document of kind Gate; left out for a declared gate.
    package var checks: [JSONValue]?
    /// `ask` (the standard) or `refuse`.
    package var onInconclusive: String?
    package var model: String
    package var version: Int
    /// Reported values by name.
    package var metrics: [String: Double]?
    /// Path of a stored artifact: CSV with the columns `label`, `candidate`, for a comparison `champion`, and those of segments.
    package var scores: String?
    /// When given, the scores are refused unless their bytes have this digest.
    package var scoresDigest: String?
    /// The version whose scores stand in the column `champion`.
    package var scoredChampion: Int?
    /// Ids of the snapshots that the champion was scored on, when not those of `snapshots`.
    package var championSnapshots: [String]?
    /// Path of a stored artifact: CSV with the columns `case`, `score` and `original`, `label` or both.
    package var behaviour: String?
    /// Path of a stored artifact: CSV with the column `milliseconds`.
    package var latencies: String?
    /// The run that reported the metrics.
    package var run: String?
    /// Ids of the held-out snapshots.
    package var snapshots: [String]?

    package init(
        gate: String, checks: [JSONValue]? = nil, onInconclusive: String? = nil, model: String, version: Int,
        metrics: [String: Double]? = nil, scores: String? = nil, scoresDigest: String? = nil, scoredChampion: Int? = nil,
        championSnapshots: [String]? = nil, behaviour: String? = nil, latencies: String? = nil, run: String? = nil,
        snapshots: [String]? = nil
    ) {
        self.gate = gate
        self.checks = checks
        self.onInconclusive = onInconclusive
        self.model = model
        self.version = version
        self.metrics = metrics
        self.scores = scores
        self.scoresDigest = scoresDigest
        self.scoredChampion = scoredChampion
        self.championSnapshots = championSnapshots
        self.behaviour = behaviour
        self.latencies = latencies
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
    /// A line for each part that was judged by itself, such as a segment.
    package var details: [[String: String]]?

    package init(name: String, outcome: String, reason: String, evidence: [String: String], details: [[String: String]]? = nil) {
        self.name = name
        self.outcome = outcome
        self.reason = reason
        self.evidence = evidence
        self.details = details
    }
}

/// `GET /api/v1/gates/{gate}`: a declared quality gate.
package struct GateAnswer: Codable, Sendable {
    package var name: String
    /// Counts its specifications, from 1.
    package var revision: Int
    package var checks: [JSONValue]
    package var onInconclusive: String
    package var changed: Int64

    package init(name: String, revision: Int, checks: [JSONValue], onInconclusive: String, changed: Int64) {
        self.name = name
        self.revision = revision
        self.checks = checks
        self.onInconclusive = onInconclusive
        self.changed = changed
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
    package var specification: [JSONValue]
    package var onInconclusive: String
    /// Of the declared gate; absent for one whose checks came with the request.
    package var gateRevision: Int?
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
        id: String, digest: String, gate: String, model: String, version: Int, outcome: String, specification: [JSONValue],
        onInconclusive: String, gateRevision: Int?, checks: [CheckFindingAnswer], champion: Int?, snapshots: [String], run: String?,
        scoresDigest: String?, scoredRows: Int,
        evaluatedBy: String, created: Int64
    ) {
        self.id = id
        self.digest = digest
        self.gate = gate
        self.model = model
        self.version = version
        self.outcome = outcome
        self.specification = specification
        self.onInconclusive = onInconclusive
        self.gateRevision = gateRevision
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
