// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving

/// Which answers an objective counts, and which of them are bad.
package enum BurnMeasure: Hashable, Sendable {
    /// Bad are those that are no finite number.
    case errors
    /// Bad are those that took longer; those whose time was not measured do not count.
    case latency(microseconds: Int64)

    private func counts(_ answer: Prediction) -> Bool {
        switch self {
        case .errors: true
        case .latency: answer.microseconds != nil
        }
    }

    private func isBad(_ answer: Prediction) -> Bool {
        switch self {
        case .errors: answer.score == nil
        case .latency(let limit): answer.microseconds.map { $0 > limit } ?? false
        }
    }

    fileprivate var answersSQL: String {
        switch self {
        case .errors: "time >= ?"
        case .latency: "time >= ? AND microseconds IS NOT NULL"
        }
    }

    fileprivate var badSQL: String {
        switch self {
        case .errors: "time >= ? AND score IS NULL"
        case .latency: "time >= ? AND microseconds > ?"
        }
    }

    fileprivate func badValues(from start: Timestamp) -> [DatabaseValue] {
        switch self {
        case .errors: [.integer(start.milliseconds)]
        case .latency(let limit): [.integer(start.milliseconds), .integer(limit)]
        }
    }

    fileprivate func add(_ answer: Prediction, to count: inout BurnRate.Count) {
        guard counts(answer) else { return }
        count.answers += 1
        if isBad(answer) { count.bad += 1 }
    }
}

/// Answers of the spans of `BurnRate.pairs` that end with a window, for each measure; all in one pass over the longest span.
struct BurnTally: Sendable {
    /// Measures of one statement, so that it stays far below every engine's bounds on columns and arguments.
    private static let measuresInStatement = 20
    private static let spans = BurnRate.pairs.flatMap { [$0.long, $0.short] }
    static let longest = spans.max() ?? .zero

    private let measures: [BurnMeasure]
    private let end: Timestamp
    private var counts: [BurnMeasure: [BurnRate.Count]]

    init(_ measures: Set<BurnMeasure>, endingAt end: Timestamp) {
        self.measures = Array(measures)
        self.end = end
        counts = Dictionary(
            uniqueKeysWithValues: measures.map { ($0, Array(repeating: BurnRate.Count(answers: 0, bad: 0), count: Self.spans.count)) })
    }

    var start: Timestamp { end - Self.longest }

    /// By measure, over the long and the short span of each pair.
    var burns: [BurnMeasure: [(long: BurnRate.Count, short: BurnRate.Count)]] {
        counts.mapValues { counts in stride(from: 0, to: counts.count, by: 2).map { (long: counts[$0], short: counts[$0 + 1]) } }
    }

    mutating func add(_ answer: Prediction) {
        for measure in measures {
            for (place, span) in Self.spans.enumerated() where answer.time >= end - span && answer.time < end {
                measure.add(answer, to: &counts[measure, default: []][place])
            }
        }
    }

    /// Adds what the table has; O(rows of the longest span).
    mutating func addTable(of endpoint: String, in workspace: String, _ transaction: any Transaction) throws {
        for first in stride(from: 0, to: measures.count, by: Self.measuresInStatement) {
            try add(Array(measures[first..<min(first + Self.measuresInStatement, measures.count)]), endpoint, workspace, transaction)
        }
    }

    private mutating func add(_ some: [BurnMeasure], _ endpoint: String, _ workspace: String, _ transaction: any Transaction) throws {
        var columns: [String] = []
        var values: [DatabaseValue] = []
        for (number, measure) in some.enumerated() {
            for (place, span) in Self.spans.enumerated() {
                columns.append("COUNT(CASE WHEN \(measure.answersSQL) THEN 1 END) AS answers_\(number)_\(place)")
                values.append(.integer((end - span).milliseconds))
                columns.append("COUNT(CASE WHEN \(measure.badSQL) THEN 1 END) AS bad_\(number)_\(place)")
                values += measure.badValues(from: end - span)
            }
        }
        values += [.text(workspace), .text(endpoint), .integer(start.milliseconds), .integer(end.milliseconds)]
        let row = try transaction.rows(
            "SELECT \(columns.joined(separator: ", ")) FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ?",
            values: values
        ).first
        guard let row else { return }
        for (number, measure) in some.enumerated() {
            for place in Self.spans.indices {
                counts[measure, default: []][place].answers += try row["answers_\(number)_\(place)"]
                counts[measure, default: []][place].bad += try row["bad_\(number)_\(place)"]
            }
        }
    }
}
