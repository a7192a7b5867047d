// SPDX-License-Identifier: Apache-2.0
import Domain
import Foundation
import Statistics
import Testing

@testable import Profiling

@Suite("Files and columns that are not as they should be")
struct FaultTests {
    private func judged(_ baseline: String, _ window: String, _ change: (inout JudgeSettings) -> Void = { _ in }) throws -> DriftReport {
        var settings = JudgeSettings()
        settings.minimumRows = 20
        change(&settings)
        return ProfileJudge(settings).judge(try Rows.profile(window), against: try Rows.profile(baseline))
    }

    private func rows(_ header: String, _ count: Int, _ row: (Int) -> String) -> String {
        header + "\n" + (0..<count).map { row($0) + "\n" }.joined()
    }

    @Test("an empty file is refused, a header alone has no rows, and one row decides nothing")
    func little() throws {
        #expect(throws: Problem.self) { try Rows.profile("") }
        let header = try Rows.profile("a,b")
        #expect(header.rowCount == 0 && header.columns.map(\.kind) == [.empty, .empty])
        #expect(try judged("a,b\n1,x\n", "a,b\n").verdict == .undecided)
        #expect(try judged("a,b\n1,x\n", "a,b\n900,y\n").verdict == .undecided)
        for format in ReportFormat.allCases { #expect(try !format.text(try judged("a\n", "a\n")).isEmpty) }
    }

    @Test("rows of another width, names that stand twice and open quotes are refused with their line")
    func malformed() throws {
        for text in ["a,b\n1\n", "a,b\n1,2,3\n", "a,a\n1,2\n", "a,\n1,2\n", "a\n\"open\n"] {
            let problem = #expect(throws: Problem.self, "\(text)") { try Rows.profile(text) }
            #expect(problem?.kind == .invalid && problem?.why?.isEmpty == false)
        }
    }

    @Test("a constant that stays is quiet, one that moves is found, and one that begins to vary too")
    func constants() throws {
        let constant = rows("a", 200) { _ in "3.5" }
        #expect(try judged(constant, constant).verdict == .unchanged)
        let moved = try judged(constant, rows("a", 200) { _ in "4" })
        #expect(moved.verdict == .drifted && moved.pages && moved.findings.contains { $0.test.aspect == .numbers })
        #expect(try judged(constant, rows("a", 200) { "\($0)" }).verdict == .drifted)
    }

    @Test("NaN counts as null, infinities as themselves, and neither spoils the numbers")
    func notFinite() throws {
        let plain = rows("a", 400) { "\($0 % 97)" }
        let spoilt = rows("a", 400) { $0 % 8 == 0 ? "NaN" : $0 % 8 == 1 ? "-inf" : $0 % 8 == 2 ? "Infinity" : "\($0 % 97)" }
        let report = try judged(plain, spoilt)
        #expect(Set(report.findings.map(\.test.aspect)).isSuperset(of: [.nulls, .infinities]))
        #expect(!report.findings.contains { $0.test.aspect == .numbers })
        let column = try #require(report.columns.first?.window)
        #expect(column.kind == .number && column.missing == 50 && column.mean?.isFinite == true)
        #expect(try judged(spoilt, spoilt).verdict == .unchanged)
        let profile = try Rows.profile("a\n1.7976931348623157e308\n-1.7976931348623157e308\n1e999\n")
        #expect(try TableProfile(json: profile.json) == profile)
    }

    @Test("a column that mixes numbers and texts is found, and compared in both parts once it is known")
    func mixed() throws {
        let numbers = rows("a", 300) { "\($0)" }
        let mixed = rows("a", 300) { $0 % 10 == 0 ? "n/a" : "\($0)" }
        let report = try judged(numbers, mixed)
        #expect(report.findings.map(\.test.aspect) == [.type] && report.columns[0].window?.kind == .mixed)
        #expect(try judged(mixed, mixed).verdict == .unchanged)
        #expect(try judged(mixed, numbers).verdict == .drifted)
        var options = ReadingOptions()
        options.nulls = ["n/a"]
        #expect(try Rows.profile(mixed, options).columns[0].nulls == 30)
    }

    @Test("identifiers of a million kinds do not alarm, and take bounded memory; a new common one is found")
    func manyCategories() throws {
        var (before, after, changed) = (ColumnProfile(name: "id"), ColumnProfile(name: "id"), ColumnProfile(name: "id"))
        for number in 0..<60_000 {
            before.add("user-\(number)")
            after.add("user-\(number + 60_000)")
            changed.add(number % 5 == 0 ? "nobody" : "user-\(number + 60_000)")
        }
        func table(_ column: ColumnProfile) -> TableProfile {
            var table = TableProfile(columns: ["id"])
            table.columns = [column]
            table.add(rows: column.rowCount)
            return table
        }
        let quiet = ProfileJudge().judge(table(after), against: table(before))
        #expect(quiet.verdict == .unchanged)
        #expect(ProfileJudge().judge(table(changed), against: table(before)).verdict == .drifted)
        #expect(try table(after).json.count < 250_000)
    }

    @Test("a column that is gone is found, a new one is told of, and the order of columns does not matter")
    func schema() throws {
        let plain = rows("a,b,c", 100) { "\($0),x,\($0 % 7)" }
        let other = rows("c,a,d", 100) { "\($0 % 7),\($0),1" }
        let report = try judged(plain, other)
        #expect(report.findings.map(\.column) == ["b"] && report.findings[0].test.aspect == .schema && report.pages)
        #expect(report.newColumns == ["d"])
        #expect(try judged(plain, rows("c,b,a", 100) { "\($0 % 7),x,\($0)" }).verdict == .unchanged)
        #expect(try judged(plain, other) { $0.ignored = ["b"] }.verdict == .unchanged)
    }

    @Test("a unit that was changed is named")
    func units() throws {
        let report = try judged(rows("temp", 500) { "\(30 + $0 % 61)" }, rows("temp", 500) { "\(Double(30 + $0 % 61 - 32) * 5 / 9)" })
        #expect(report.columns[0].unitChange == "°F to °C" && report.verdict == .drifted)
    }

    @Test("errors of a model that grow are found, and the area is that of the ranks")
    func performance() throws {
        var options = ReadingOptions()
        (options.score, options.label) = ("p", "y")
        func pairs(_ isWorse: Bool) throws -> TableProfile {
            try Rows.profile(
                rows("p,y", 2000) { row in
                    let isPositive = (row &* 7919) % 10 < 3
                    let score = isPositive != (isWorse && row % 3 == 0) ? 0.7 + Double(row % 20) / 100 : 0.1 + Double(row % 30) / 100
                    return "\(score),\(row % 50 == 0 ? "" : isPositive ? "true" : "false")"
                }, options)
        }
        let (good, bad) = (try pairs(false), try pairs(true))
        #expect(good.scored?.count == 1960 && good.scored?.unpaired == 40 && good.scored?.rocArea == 1)
        var settings = JudgeSettings()
        (settings.score, settings.label) = ("p", "y")
        let report = ProfileJudge(settings).judge(bad, against: good)
        #expect(report.performance?.tests.first?.severity == .critical && report.columns[0].role == .score)
        #expect(ProfileJudge(settings).judge(good, against: good).verdict == .unchanged)
        #expect(ProfileJudge(settings).judge(good, against: bad).performance?.tests.first?.isFinding == false)
    }

    @Test("profiles of parts merge to the profile of the whole, and JSON keeps them")
    func merging() throws {
        let all = (0..<300).map { "\(Double($0) / 7),\($0 % 9 == 0 ? "" : "t\($0 % 5)"),2026-01-0\($0 % 9 + 1)" }
        let whole = try Rows.profile("x,t,at\n" + all.joined(separator: "\n"))
        var merged = try Rows.profile("x,t,at\n" + all[200...].joined(separator: "\n"))
        let isMerged = merged.merge(try Rows.profile("x,t,at\n" + all[..<200].joined(separator: "\r\n") + "\r\n"))
        #expect(isMerged && merged.rowCount == 300 && merged.columns[2].kind == .time)
        #expect(merged.columns[0].numbers.buckets == whole.columns[0].numbers.buckets && merged.columns[1] == whole.columns[1])
        #expect(try TableProfile(json: merged.json) == merged)
        let other = try Rows.profile("x,t\n1,2\n")
        let areMerged = merged.merge(other)
        #expect(!areMerged)
        #expect(throws: DecodingError.self) {
            try TableProfile(json: Data(#"{"format":"dhow-profile/1","rowCount":3,"columns":[]}{"#.utf8))
        }
    }
}
