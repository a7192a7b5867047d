// SPDX-License-Identifier: Apache-2.0
import Foundation
import Profiling
import Statistics
import Testing

@Suite("The stated rate of false alarms holds on unchanged data")
struct FalseAlarmTests {
    /// Significance alone, which the effects can only make rarer, is held to the stated level: of tables with nothing changed at most 5 % may have
    /// any significant test. Six standard errors of the simulation are left as room, so a right judge fails with a chance below 1e-8.
    @Test("of thousands of unchanged pairs of small tables", arguments: [(40, 60, 1400), (100, 80, 600)])
    func unchanged(rows: Int, window: Int, pairs: Int) {
        var settings = JudgeSettings()
        settings.minimumRows = 10
        var (significant, found, paging) = (0, 0, 0)
        var generator = SplitMix64(seed: UInt64(rows))
        for _ in 0..<pairs {
            let report = ProfileJudge(settings).judge(Rows.plain(window, &generator), against: Rows.plain(rows, &generator))
            let tests = report.columns.flatMap(\.tests)
            if tests.contains(where: \.isSignificant) { significant += 1 }
            if report.verdict == .drifted { found += 1 }
            if report.pages { paging += 1 }
        }
        let limit = 0.05 * Double(pairs) + 6 * (0.05 * 0.95 * Double(pairs)).squareRoot()
        #expect(Double(significant) <= limit, "\(significant) of \(pairs), seed \(rows)")
        #expect(found <= significant && paging <= found)
        // Chance is taken off effects, so far fewer become findings.
        #expect(Double(found) <= 0.05 * Double(pairs) + 3, "\(found) of \(pairs), seed \(rows)")
    }

    @Test("and a change of one column is found among them", arguments: 1...20 as ClosedRange<UInt64>)
    func changed(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let baseline = Rows.plain(400, &generator)
        var window = TableProfile(columns: baseline.columns.map(\.name))
        let plain = Rows.plain(400, &generator)
        window.columns = plain.columns
        window.columns[0] = ColumnProfile(name: "normal")
        for _ in 0..<400 {
            window.columns[0].add(Rows.normal(&generator) + 0.6)
            window.endRow()
        }
        let report = ProfileJudge().judge(window, against: baseline)
        #expect(report.verdict == .drifted && report.pages)
        #expect(report.columns.first?.hasDrifted == true, "seed \(seed)")
    }
}
