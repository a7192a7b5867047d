// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One judgement of one window by one monitor; never changed. The same window may be evaluated again, as labels arrive.
package struct Evaluation: Codable, Equatable, Sendable {
    package var id: String
    package var monitor: String
    package var endpoint: String
    package var specificationRevision: Int
    package var window: Window
    /// The window in which changes of unit were looked for; nil when there was none.
    package var earlierWindow: Window?
    /// The version that answered most of the window and whose baseline was used; nil without answers.
    package var model: String?
    package var version: Int?
    package var rowCount: Int
    package var findings: WindowFindings
    /// Whether a data fault, of this window or an earlier one, stands against any retraining.
    package var retrainBlocked: Bool
    package var evaluatedBy: String
    package var created: Timestamp

    package var verdict: Verdict { findings.verdict }
}

/// One number an evaluation gave, for lines over time.
package struct Measurement: Codable, Equatable, Sendable {
    package var evaluation: String
    /// A feature's name behind `feature/`, or `score` or `performance`.
    package var subject: String
    package var name: String
    package var windowStart: Timestamp
    package var value: Double
}

extension Evaluation {
    var measurements: [Measurement] {
        var all: [Measurement] = []
        func add(_ subject: String, _ name: String, _ value: Double?) {
            guard let value, value.isFinite else { return }
            all.append(Measurement(evaluation: id, subject: subject, name: name, windowStart: window.start, value: value))
        }
        for feature in findings.features {
            let subject = "feature/\(feature.name)"
            add(subject, "rows", Double(feature.rows))
            add(subject, "nulls", Double(feature.nulls))
            add(subject, "stability-index", feature.stabilityIndex)
            add(subject, "stability-excess", feature.excess)
            add(subject, "adjusted-p", feature.adjustedPValue)
        }
        add("score", "stability-index", findings.score?.stabilityIndex)
        add("score", "stability-excess", findings.score?.excess)
        let performance = findings.performance
        add("performance", "coverage", performance.coverage)
        if let labels = performance.labels { add("performance", "label-maturity", labels.maturity == .mature ? 1 : 0) }
        // The early labels of a window are not like all of its labels: no line joins the two.
        guard performance.isComparable else { return all }
        add("performance", "log-loss", performance.level?.logLoss)
        add("performance", "brier-score", performance.level?.brierScore)
        add("performance", "roc-auc", performance.level?.rocAUC)
        add("performance", "log-loss-change", performance.change?.estimate)
        if let level = performance.level { add("performance", "positive-rate", Double(level.positiveCount) / Double(level.rowCount)) }
        return all
    }

    /// What listeners need; decimals stay in the document that the digest names.
    func payload(digest: BlobDigest) -> [String: JSONValue] {
        [
            "monitor": .string(monitor), "endpoint": .string(endpoint), "windowStart": .integer(window.start.milliseconds),
            "windowEnd": .integer(window.end.milliseconds), "evaluation": .string(id), "verdict": .string(verdict.rawValue),
            "model": model.map { .string($0) } ?? .null, "version": version.map { .integer(Int64($0)) } ?? .null,
            "onset": .integer((findings.causes?.onset ?? window.start).milliseconds),
            "retrainBlocked": .bool(retrainBlocked), "digest": .string(digest.description),
            "features": .array(findings.features.filter { $0.level != .none }.prefix(100).map { .string($0.name) }),
            "faults": .array(
                findings.faults.prefix(100).map {
                    .object([
                        "kind": .string($0.kind.rawValue), "feature": .string($0.feature),
                        "conversion": $0.conversion.map { .string($0) } ?? .null,
                    ])
                }),
        ]
    }
}
