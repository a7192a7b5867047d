// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Demo

@Suite("The report")
struct ReportTests {
    static let report = DemoReport(
        months: [
            .init(
                month: 3, rows: 12_345, lateRate: 0.25, championAUC: 0.7, challengerAUC: 0.75, championLogLoss: 0.5, challengerLogLoss: 0.4,
                decision: .promoted, reason: "log loss fell <b>much</b> & more \u{1B}[31m",
                drift: .init(feature: "temp", psi: 0.42, scorePSI: 0.1, verdict: "drifted")),
            .init(month: 12, rows: 9, decision: .blocked, reason: "\"temp\" is in Celsius"),
        ],
        faults: .init(
            brokenCandidate: .init(rolledBack: true, predictionsServed: 321, secondsToRollback: 1.5, reason: "NaN"),
            brokenSegment: .init(rolledBack: true, predictionsServed: 400, secondsToRollback: 2, reason: "carrier"),
            celsius: .init(detected: true, retrainBlocked: true, reason: "unit"), nulls: .init(detected: true, retrainBlocked: true, reason: "humid"),
            unseenCarrier: .init(detected: true, retrainBlocked: true, reason: "ZZ"),
            stoppedFeed: .init(detected: true, retrainBlocked: true, reason: "feed"), lateLabels: .init(waited: true, judged: true, reason: "late")),
        ledger: .init(entries: 1234, verified: true, checkpoint: "dhow\n1234\n"), seconds: .init(total: 60, dhowCPU: 12, trainingCPU: 9),
        lineage: ["prediction <p1>", "  model/flight-delay/2"])

    @Test("comes back from its JSON as it was")
    func roundTrip() throws {
        #expect(try DemoReport(json: Self.report.json()) == Self.report)
        let empty = DemoReport(months: [.init(month: 1, rows: 0)])
        #expect(try DemoReport(json: empty.json()) == empty)
    }

    @Test("has the members its readers know, null where nothing was measured")
    func members() throws {
        let json = try #require(try JSONSerialization.jsonObject(with: Self.report.json()) as? [String: Any])
        let months = try #require(json["months"] as? [[String: Any]])
        for name in ["lateRate", "championAUC", "challengerAUC", "championLogLoss", "challengerLogLoss"] {
            #expect(months[0][name] is Double)
            #expect(months[1][name] is NSNull)
        }
        #expect(months.map { $0["decision"] as? String } == ["promoted", "blocked"])
        let faults = try #require(json["faults"] as? [String: [String: Any]])
        #expect(Set(faults["brokenCandidate"]?.keys ?? [:].keys) == ["rolledBack", "predictionsServed", "secondsToRollback", "reason"])
        #expect(Set(faults["brokenSegment"]?.keys ?? [:].keys) == ["rolledBack", "predictionsServed", "secondsToRollback", "reason"])
        for name in ["celsius", "nulls", "unseenCarrier", "stoppedFeed"] {
            #expect(Set(faults[name]?.keys ?? [:].keys) == ["detected", "retrainBlocked", "reason"], "\(name)")
        }
        #expect(Set(faults["lateLabels"]?.keys ?? [:].keys) == ["waited", "judged", "reason"])
        #expect((json["ledger"] as? [String: Any])?["verified"] as? Bool == true)
        #expect((json["seconds"] as? [String: Any])?["dhowCPU"] as? Double == 12)
    }

    @Test("is a page that is well-formed, escapes what it is given, and asks for nothing from outside")
    func page() throws {
        let html = DemoPage(report: Self.report).html
        #expect(html.contains("log loss fell &lt;b&gt;much&lt;/b&gt; &amp; more \u{FFFD}[31m"))
        #expect(html.contains("prediction &lt;p1&gt;"))
        for word in ["http:", "https:", "<script", "<img", "url(", "@import", "src="] {
            #expect(!html.contains(word), "The page holds \(word).")
        }
        // HTML's elements without an end are closed here, so that a parser of XML can judge the nesting.
        let body = html.replacing(/<meta ([^>]*)>/) { "<meta \($0.1)/>" }.replacing("<!DOCTYPE html>\n", with: "")
        #expect(Nesting.fault(in: body) == nil)
        #expect(Nesting.fault(in: "<p><b></p></b>") != nil)
        #expect(DemoPage(report: DemoReport()).html.contains("No values were measured."))
    }

    @Test("is a table that fits its terminal, numbers to the right, without control characters", arguments: [60, 100, 140, 200])
    func table(width: Int) {
        let lines = DemoTable(Self.report.months, width: width).lines
        #expect(lines.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
        let wide = max(width, 66)
        #expect(lines.allSatisfy { $0.count <= wide })
        let march = lines.first { $0.hasPrefix("Mar") } ?? ""
        let december = lines.first { $0.hasPrefix("Dec") } ?? ""
        #expect(lines[0].hasPrefix("MONTH    ROWS    LATE"))
        let drift = width < 120 ? "" : "temp 0.42 · scores 0.10 · drifted  "
        #expect(march.hasPrefix("Mar    12,345  25.0 %  0.700  0.750  0.500  0.400  \(drift)promoted"))
        #expect(december.hasPrefix("Dec         9       –      –"))
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("much</b> &") && words.contains("0.42"))
    }
}

/// Whether every element that is opened is closed in order.
enum Nesting {
    static func fault(in text: String) -> String? {
        var open: [String] = []
        for tag in text.matches(of: /<(\/?)([a-zA-Z0-9]+)[^>]*?(\/?)>/) {
            if !tag.3.isEmpty { continue }
            if tag.1.isEmpty {
                open.append(String(tag.2))
            } else if open.popLast() != String(tag.2) {
                return "</\(tag.2)>"
            }
        }
        return open.last
    }
}
