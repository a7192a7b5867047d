// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Replays of rules about whole rows: these are drawn as they are, from the baseline's sample of them.
extension MonitorReplay {
    /// The permutation test is dear, so fewer windows stand for all.
    private static let jointWindows = 30
    /// Rows of a replayed window are spread over so many days.
    private static let days: Int64 = 30

    /// One for each of the rules about segments that could be judged.
    func segmentExpectations() -> [FalseAlarmExpectation] {
        guard let rules = specification.segments, !rules.isEmpty, let sample = baseline.rows else { return [] }
        let most = sample.items.count / 2
        let rows = min(rowsPerWindow ?? specification.thresholds.minimumRows, most)
        guard rows >= specification.thresholds.minimumRows else { return [] }
        var replayed = specification
        replayed.features = []
        replayed.checks = nil
        var generator = SplitMix64(seed: seed ^ 0x5E6)
        var outcomes: [String: [String: [RuleOutcome]]] = [:]
        for _ in 0..<Self.rounds {
            let places = Self.shuffled(Array(sample.items.indices), &generator)
            let reference = BaselineProfile.build(
                for: replayed, from: sample.rows("reference", places.dropFirst(places.count / 2), time: Self.time))
            for _ in 0..<Self.windows / Self.rounds {
                let drawn = Self.shuffled(Array(places.prefix(places.count / 2)), &generator).prefix(rows)
                var summary = WindowSummary(features: [], baseline: reference)
                summary.follow(rules, in: reference)
                for row in sample.rows("window", drawn, time: Self.time) { summary.add(row) }
                let findings = SegmentJudge(thresholds: replayed.thresholds, baseline: reference, current: summary).findings()
                for reading in findings?.readings(replayed.thresholds) ?? [] {
                    outcomes[reading.rule, default: [:]][reading.segment, default: []].append(reading.outcome)
                }
            }
        }
        return outcomes.sorted { $0.key < $1.key }.map { rule, segments in
            expectation(of: rule, segments.sorted { $0.key < $1.key }.map(\.value), rows: rows)
        }
    }

    /// One for each test of several columns together.
    func jointExpectations() -> [FalseAlarmExpectation] {
        (specification.checks ?? []).filter { $0.type == .jointDrift }.compactMap { check in
            let columns = check.jointColumns(specification.features)
            guard let cells = baseline.rows?.cells(columns) else { return nil }
            let minimum = specification.thresholds.minimumRows
            let rows = min(rowsPerWindow ?? minimum, cells.count / 2, JointDrift.rowLimit)
            guard rows >= min(minimum, JointDrift.rowLimit) else { return nil }
            var generator = SplitMix64(seed: StableHash.of(check.name, salt: "joint-replay") ^ seed)
            let test = JointDrift(kinds: columns.map(\.kind))
            let limit = check.maximum ?? JointDrift.usualLimit
            let outcomes = (0..<Self.jointWindows).compactMap { _ -> RuleOutcome? in
                let places = Self.shuffled(Array(cells.indices), &generator)
                let before = places.dropFirst(places.count / 2).map { cells[$0] }
                let after = places.prefix(rows).map { cells[$0] }
                guard let outcome = test.outcome(before, after, minimumRows: rows, seed: generator.next()) else { return nil }
                return outcome.pValue <= JointDrift.significance && outcome.effect >= limit ? .breach : .clean
            }
            return expectation(of: check.name, [outcomes], rows: rows)
        }
    }

    private static func time(_ number: Int) -> Timestamp { Timestamp(milliseconds: Int64(number) % days * 86_400_000) }
}
