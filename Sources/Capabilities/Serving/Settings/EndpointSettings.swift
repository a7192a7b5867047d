// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How an endpoint answers, beside which revisions do. Everything has a standard, so an endpoint without settings answers too.
package struct EndpointSettings: Codable, Equatable, Sendable {
    /// Where the model's inputs come from when a client sends entity keys only.
    package struct Features: Codable, Equatable, Sendable {
        package enum Missing: String, Codable, Sendable, CaseIterable {
            /// The request is refused, and the answer names the row.
            case refuse
            /// Floating inputs are NaN, as a missing value is; inputs of other types are refused all the same.
            case null
        }

        /// The table in the online store.
        package var service: String
        /// The request's input that holds the entity keys.
        package var entity: String
        package var missing: Missing?

        package init(service: String, entity: String, missing: Missing? = nil) {
            self.service = service
            self.entity = entity
            self.missing = missing
        }
    }

    /// Answering requests that come at about the same time with one call of the model.
    package struct Batching: Codable, Equatable, Sendable {
        /// A call is made once so many rows are together.
        package var rows: Int
        /// How long a request waits for others.
        package var milliseconds: Int

        package init(rows: Int, milliseconds: Int) {
            self.rows = rows
            self.milliseconds = milliseconds
        }
    }

    /// A model version that is asked too, without its answers being given to anyone.
    package struct Mirror: Codable, Equatable, Sendable {
        package var model: String
        package var version: Int
        /// Whole per cents of the requests, 1 to 100.
        package var percent: Int
        /// Most mirrored requests at once; what comes beyond is not mirrored.
        package var concurrency: Int?

        package init(model: String, version: Int, percent: Int, concurrency: Int? = nil) {
            self.model = model
            self.version = version
            self.percent = percent
            self.concurrency = concurrency
        }
    }

    /// Asking a model outside this process a second time when its answer is late; the first answer counts.
    package struct Hedging: Codable, Equatable, Sendable {
        /// After how long.
        package var milliseconds: Int
        /// At most so many per cents of the calls are made twice.
        package var percent: Int

        package init(milliseconds: Int, percent: Int) {
            self.milliseconds = milliseconds
            self.percent = percent
        }
    }

    package struct Log: Codable, Equatable, Sendable {
        /// The fraction of rows that are logged, over 0 to 1; 1 when absent. Rows are chosen by a hash of their id.
        package var fraction: Double?
        /// Inputs whose values are never written.
        package var redact: [String]?
        /// Predictions older than this are deleted, with their labels; kept for ever when absent.
        package var days: Int?
        /// Predictions older than so many days move from the database to files; they stay there when absent.
        package var archive: Int?
        /// Whether all outputs of a row are written, beside its score.
        package var outputs: Bool?

        package init(
            fraction: Double? = nil, redact: [String]? = nil, days: Int? = nil, archive: Int? = nil, outputs: Bool? = nil
        ) {
            self.fraction = fraction
            self.redact = redact
            self.days = days
            self.archive = archive
            self.outputs = outputs
        }
    }

    /// The input whose value keeps a row with its revision: rows of one entity are answered by one revision while shares only grow.
    package var entity: String?
    package var features: Features?
    /// Most requests that one revision works on at once; what comes beyond is refused with 429.
    package var concurrency: Int?
    /// How long a request may wait for its answer, in milliseconds.
    package var timeout: Int?
    package var batching: Batching?
    /// Absent: no request is asked twice.
    package var hedging: Hedging?
    package var mirror: Mirror?
    package var log: Log?

    package init(
        entity: String? = nil, features: Features? = nil, concurrency: Int? = nil, timeout: Int? = nil, batching: Batching? = nil,
        hedging: Hedging? = nil, mirror: Mirror? = nil, log: Log? = nil
    ) {
        self.entity = entity
        self.features = features
        self.concurrency = concurrency
        self.timeout = timeout
        self.batching = batching
        self.hedging = hedging
        self.mirror = mirror
        self.log = log
    }

    static let mostConcurrent = 100_000
    static let longestTimeout = 3_600_000
    static let mostRedacted = 1_000

    /// - Throws: `Problem` `.invalid` naming every setting that is out of its range.
    package func check() throws(Problem) {
        var faults: [String] = []
        func within<Value: Comparable>(_ value: Value?, _ range: ClosedRange<Value>, _ name: String) {
            if let value, !range.contains(value) {
                faults.append("'\(name)' is \(value); it is \(range.lowerBound) to \(range.upperBound).")
            }
        }
        within(concurrency, 1...Self.mostConcurrent, "concurrency")
        within(timeout, 1...Self.longestTimeout, "timeout")
        within(batching?.rows, 2...InferenceService.maximumRows, "batching.rows")
        within(batching?.milliseconds, 1...10_000, "batching.milliseconds")
        within(hedging?.milliseconds, 1...60_000, "hedging.milliseconds")
        within(hedging?.percent, 1...50, "hedging.percent")
        within(mirror?.percent, 1...100, "mirror.percent")
        within(mirror?.concurrency, 1...Self.mostConcurrent, "mirror.concurrency")
        within(mirror?.version, 1...Int.max, "mirror.version")
        within(log?.days, 1...36_500, "log.days")
        within(log?.archive, 1...36_500, "log.archive")
        within(log?.redact?.count, 0...Self.mostRedacted, "the number of 'log.redact'")
        if let fraction = log?.fraction, !(fraction > 0 && fraction <= 1) {
            faults.append("'log.fraction' is \(fraction); it is over 0, to 1.")
        }
        for (name, value) in [("entity", entity), ("features.entity", features?.entity)] where value == "" {
            faults.append("'\(name)' is empty; it names an input.")
        }
        guard faults.isEmpty else {
            throw Problem(
                .invalid, "serving.settings.out-of-range", "The endpoint's settings cannot be used.", why: faults.joined(separator: " "))
        }
        if let service = features?.service { try ResourceName.check(service, of: "feature service") }
        if let model = mirror?.model { try ResourceName.check(model, of: "model") }
    }
}
