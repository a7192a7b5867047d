// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A monitor; `specification` is what `POST /api/v1/monitors` takes: name, endpoint, features, label, thresholds.
package struct MonitorAnswer: Codable, Sendable {
    package var name: String
    package var endpoint: String
    /// Counts the specifications it has had, from 1.
    package var revision: Int
    package var specification: JSONValue
    package var created: Int64
    package var changed: Int64

    package init(name: String, endpoint: String, revision: Int, specification: JSONValue, created: Int64, changed: Int64) {
        self.name = name
        self.endpoint = endpoint
        self.revision = revision
        self.specification = specification
        self.created = created
        self.changed = changed
    }
}

/// `POST /api/v1/monitors/{monitor}/baselines`: from a window of the prediction log, or a ready profile; exactly one of them.
package struct RebaseRequest: Codable, Sendable {
    package var model: String
    package var version: Int
    package var windowStart: Int64?
    package var windowEnd: Int64?
    /// Rows, numeric and categorical profiles, score, level and samples, as `BaselineAnswer` gives them.
    package var profile: JSONValue?

    package init(model: String, version: Int, windowStart: Int64? = nil, windowEnd: Int64? = nil, profile: JSONValue? = nil) {
        self.model = model
        self.version = version
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.profile = profile
    }
}

/// What one version's windows are compared with, without its samples.
package struct BaselineAnswer: Codable, Sendable {
    package var monitor: String
    package var model: String
    package var version: Int
    package var source: String
    package var rows: Int
    package var logLoss: Double?
    package var rocAUC: Double?
    package var created: Int64
    package var createdBy: String
    package var profile: JSONValue

    package init(
        monitor: String, model: String, version: Int, source: String, rows: Int, logLoss: Double?, rocAUC: Double?, created: Int64,
        createdBy: String, profile: JSONValue
    ) {
        self.monitor = monitor
        self.model = model
        self.version = version
        self.source = source
        self.rows = rows
        self.logLoss = logLoss
        self.rocAUC = rocAUC
        self.created = created
        self.createdBy = createdBy
        self.profile = profile
    }
}

/// `POST /api/v1/monitors/{monitor}/evaluations`: the window `[start, end)`.
package struct EvaluateRequest: Codable, Sendable {
    package var start: Int64
    package var end: Int64

    package init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }
}

/// A judgement of a window; `evidence` holds every number it rests on.
package struct EvaluationAnswer: Codable, Sendable {
    package var id: String
    package var monitor: String
    package var endpoint: String
    package var windowStart: Int64
    package var windowEnd: Int64
    package var model: String?
    package var version: Int?
    package var rows: Int
    /// `healthy`, `drifted`, `degraded`, `faulty` or `undecided`.
    package var verdict: String
    package var reasons: [String]
    package var retrainBlocked: Bool
    package var evaluatedBy: String
    package var created: Int64
    package var evidence: JSONValue

    package init(
        id: String, monitor: String, endpoint: String, windowStart: Int64, windowEnd: Int64, model: String?, version: Int?, rows: Int,
        verdict: String, reasons: [String], retrainBlocked: Bool, evaluatedBy: String, created: Int64, evidence: JSONValue
    ) {
        self.id = id
        self.monitor = monitor
        self.endpoint = endpoint
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.model = model
        self.version = version
        self.rows = rows
        self.verdict = verdict
        self.reasons = reasons
        self.retrainBlocked = retrainBlocked
        self.evaluatedBy = evaluatedBy
        self.created = created
        self.evidence = evidence
    }
}

/// One point of a line over time.
package struct MeasurementAnswer: Codable, Sendable {
    package var evaluation: String
    package var windowStart: Int64
    package var value: Double

    package init(evaluation: String, windowStart: Int64, value: Double) {
        self.evaluation = evaluation
        self.windowStart = windowStart
        self.value = value
    }
}
