// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Everything a judgement needs of one window; memory is bounded per feature, however many rows there are.
struct WindowSummary: Sendable {
    let features: [MonitoredFeature]
    private(set) var rowCount = 0
    var numbers: [String: NumericSummary] = [:]
    private(set) var categories: [String: CategorySummary] = [:]
    var score: NumericSummary
    private(set) var performance = PerformanceSummary()
    private(set) var detail = LossDetail()
    private(set) var checks: [CheckTally] = []
    /// Nil when the monitor names no segments.
    private(set) var segments: SegmentTally?
    private let scoreBins: ReferenceBins?

    /// - Parameter baseline: Whose bins the numbers are counted in.
    init(features: [MonitoredFeature], baseline: BaselineProfile? = nil) {
        self.init(features: features, bins: (baseline?.numeric ?? [:]).mapValues(\.bins), scoreBins: baseline?.score?.bins)
    }

    init(features: [MonitoredFeature], bins: [String: ReferenceBins], scoreBins: ReferenceBins?) {
        self.features = features
        self.scoreBins = scoreBins
        score = NumericSummary(bins: scoreBins)
        for feature in features {
            switch feature.kind {
            case .number: numbers[feature.name] = NumericSummary(bins: bins[feature.name])
            case .category: categories[feature.name] = CategorySummary()
            }
        }
    }

    /// Counts for checks, too. To be said before the first row.
    mutating func count(_ checks: [MonitorCheck], at now: Timestamp) {
        self.checks = checks.map { CheckTally($0, features: features, now: now) }
    }

    /// Counts the rows of each segment, so that the largest can be chosen. To be said before the first row.
    mutating func discover(_ rules: [MonitorSegment]) {
        if !rules.isEmpty { segments = SegmentTally(rules, following: nil, scoreBins: nil) }
    }

    /// Counts what the named segments are like. To be said before the first row.
    mutating func follow(_ rules: [MonitorSegment], _ names: Set<String>?) {
        if !rules.isEmpty { segments = SegmentTally(rules, following: names ?? [], scoreBins: scoreBins) }
    }

    /// The same for the segments that a baseline has.
    mutating func follow(_ rules: [MonitorSegment], in baseline: BaselineProfile?) {
        follow(rules, (baseline?.segments?.keys).map(Set.init))
    }

    /// - Parameter isJudged: Whether the row was answered by the version whose score and performance are judged.
    mutating func add(_ row: MonitoredRow, isJudged: Bool = true) {
        rowCount += 1
        for feature in features {
            switch feature.kind {
            case .number: numbers[feature.name]?.add(row.number(feature.name), hash: row.hash)
            case .category: categories[feature.name]?.add(row.category(feature.name))
            }
        }
        detail.add(row, features: features)
        segments?.add(row, isJudged: isJudged)
        for index in checks.indices { checks[index].add(row, isJudged: isJudged) }
        guard isJudged else { return }
        score.add(row.score, hash: row.hash)
        performance.add(row)
    }
}
