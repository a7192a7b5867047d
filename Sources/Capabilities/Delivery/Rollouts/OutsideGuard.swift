// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// A number from outside that must lie on one side of a limit, such as a Prometheus query. It makes no promise about error rates.
package struct OutsideGuard: Codable, Equatable, Sendable {
    package enum Source: String, Codable, CaseIterable, Sendable {
        /// An instant query of Prometheus's HTTP API; the answer is one number.
        case prometheus
        /// A place that is sent the rollout and answers `{"value": NUMBER}`.
        case webhook
        /// One `SELECT` over the table `predictions`, the rollout's own answers, that gives one number.
        case sql
    }

    package var name: String
    package var source: Source
    package var url: String
    /// PromQL or SQL; for webhooks none.
    package var query: String?
    package var atLeast: Double?
    package var atMost: Double?
    package var intervalSeconds: Int
    /// So many failed readings, one after the other, roll back.
    package var failures: Int

    package init(
        name: String, source: Source, url: String = "", query: String? = nil, atLeast: Double? = nil, atMost: Double? = nil,
        intervalSeconds: Int = 60, failures: Int = 3
    ) {
        self.name = name
        self.source = source
        self.url = url
        self.query = query
        self.atLeast = atLeast
        self.atMost = atMost
        self.intervalSeconds = intervalSeconds
        self.failures = failures
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        source = try container.decode(Source.self, forKey: .source)
        url = try container.decodeIfPresent(String.self, forKey: .url) ?? ""
        query = try container.decodeIfPresent(String.self, forKey: .query)
        atLeast = try container.decodeIfPresent(Double.self, forKey: .atLeast)
        atMost = try container.decodeIfPresent(Double.self, forKey: .atMost)
        intervalSeconds = try container.decodeIfPresent(Int.self, forKey: .intervalSeconds) ?? 60
        failures = try container.decodeIfPresent(Int.self, forKey: .failures) ?? 3
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "guard")
        func invalid(_ why: String) -> Problem {
            Problem(.invalid, "delivery.rollout.guard", "Guard '\(name)' cannot be used.", why: why)
        }
        guard source == .sql ? url.isEmpty : (1...2000).contains(url.utf8.count) else {
            throw invalid("'url' has 1 to 2000 bytes; a guard in SQL has none.")
        }
        guard (source == .webhook) == (query == nil), (query ?? "?").utf8.count <= 5000, query?.isEmpty != true else {
            throw invalid("A guard of Prometheus or in SQL has a 'query' of at most 5000 bytes, a webhook none.")
        }
        guard atLeast != nil || atMost != nil, atLeast?.isFinite != false, atMost?.isFinite != false else {
            throw invalid("It needs 'atLeast', 'atMost' or both.")
        }
        guard (10...24 * 3600).contains(intervalSeconds), (1...100).contains(failures) else {
            throw invalid("'intervalSeconds' is 10 to 86400, 'failures' 1 to 100.")
        }
    }

    /// What a number says.
    package func judge(_ value: Double, at time: Timestamp) -> GuardReading {
        guard !value.isNaN else {
            return GuardReading(guardName: name, outcome: .inconclusive, note: "The answer is not a number.", time: time)
        }
        let isGood = (atLeast.map { value >= $0 } ?? true) && (atMost.map { value <= $0 } ?? true)
        let limits = [atLeast.map { "at least \($0)" }, atMost.map { "at most \($0)" }].compactMap(\.self).joined(separator: " and ")
        return GuardReading(guardName: name, outcome: isGood ? .passed : .failed, note: "\(value), wanted \(limits)", time: time)
    }
}

/// What a guard was seen to say. One that cannot be read is inconclusive, never passed.
package struct GuardReading: Codable, Equatable, Sendable {
    package var guardName: String
    package var outcome: GateOutcome
    package var note: String
    package var time: Timestamp

    package init(guardName: String, outcome: GateOutcome, note: String, time: Timestamp) {
        self.guardName = guardName
        self.outcome = outcome
        self.note = note
        self.time = time
    }
}
