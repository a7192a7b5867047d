// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The rows of a window by segment; memory is bounded, and what is beyond the bounds is counted.
struct SegmentTally: Sendable {
    private struct Key: Hashable, Sendable {
        var rule: Int
        var value: String
    }

    /// Different segments that are told apart at all.
    private static let seenLimit = 10_000

    private let rules: [MonitorSegment]
    /// Names of those whose rows are counted in parts; nil while only their rows are, so that the largest can be chosen.
    private let followed: Set<String>?
    private let scoreBins: ReferenceBins?
    private var rows: [Key: Int] = [:]
    private(set) var parts: [String: SegmentPart] = [:]
    private var names: [Key: String] = [:]
    /// Rows in no segment that is followed, though in one.
    private(set) var leftOutRows = 0

    init(_ rules: [MonitorSegment], following names: Set<String>?, scoreBins: ReferenceBins?) {
        self.rules = rules
        followed = names
        self.scoreBins = scoreBins
        for name in names ?? [] { parts[name] = SegmentPart(scoreBins: scoreBins) }
    }

    mutating func add(_ row: MonitoredRow, isJudged: Bool) {
        for (number, rule) in rules.enumerated() {
            guard let value = rule.value(of: row) else { continue }
            let key = Key(rule: number, value: value)
            guard rows[key] != nil || rows.count < Self.seenLimit else {
                leftOutRows += 1
                continue
            }
            rows[key, default: 0] += 1
            guard let followed else { continue }
            let name: String
            if let known = names[key] {
                name = known
            } else {
                name = rule.name(of: value)
                names[key] = name
            }
            if followed.contains(name) {
                parts[name]?.add(row, isJudged: isJudged)
            } else {
                leftOutRows += 1
            }
        }
    }

    /// Segments that had rows and are not followed.
    var leftOut: Int {
        rows.keys.count { key in !(followed?.contains(names[key] ?? "") ?? false) }
    }

    /// The largest with rows enough to be judged.
    var largest: Set<String> {
        let named = rows.filter { $0.value >= MonitorSegment.minimumRows }.map {
            (name: rules[$0.key.rule].name(of: $0.key.value), rows: $0.value)
        }
        return Set(named.sorted { ($1.rows, $0.name) < ($0.rows, $1.name) }.prefix(MonitorSegment.judged).map(\.name))
    }
}
