// SPDX-License-Identifier: Apache-2.0

import Foundation
import Monitoring
import Testing

@Suite("Verdicts")
struct VerdictTests {
    private func verdict(
        fault: Bool = false, rows: Bool = true, inputs: Bool = false, score: Bool = false, _ performance: PerformanceStanding
    ) -> Verdict {
        VerdictGrounds(
            hasDataFault: fault, hasEnoughRows: rows, inputsDrifted: inputs, scoreDrifted: score, performance: performance
        ).verdict
    }

    @Test("a data fault wins over everything else", arguments: PerformanceStanding.allCases)
    func fault(performance: PerformanceStanding) {
        for rows in [true, false] {
            for inputs in [true, false] {
                for score in [true, false] {
                    #expect(verdict(fault: true, rows: rows, inputs: inputs, score: score, performance) == .faulty)
                }
            }
        }
    }

    @Test("too few rows decide nothing", arguments: PerformanceStanding.allCases)
    func fewRows(performance: PerformanceStanding) {
        for inputs in [true, false] {
            for score in [true, false] { #expect(verdict(rows: false, inputs: inputs, score: score, performance) == .undecided) }
        }
    }

    @Test("a moved score calls for retraining whatever is known of performance", arguments: PerformanceStanding.allCases)
    func movedScore(performance: PerformanceStanding) {
        for inputs in [true, false] { #expect(verdict(inputs: inputs, score: true, performance) == .degraded) }
    }

    @Test(
        "otherwise performance decides, and inputs only tell healthy from drifted",
        arguments: [
            (PerformanceStanding.fine, false, Verdict.healthy), (.fine, true, .drifted), (.notJudged, false, .healthy),
            (.notJudged, true, .drifted), (.breached, false, .degraded), (.breached, true, .degraded), (.unknown, false, .undecided),
            (.unknown, true, .undecided), (.inconclusive, false, .undecided), (.inconclusive, true, .undecided),
        ])
    func otherwise(performance: PerformanceStanding, inputs: Bool, expected: Verdict) {
        #expect(verdict(inputs: inputs, performance) == expected)
    }
}

@Suite("Specifications of monitors")
struct SpecificationTests {
    private func decode(_ text: String) throws -> MonitorSpecification {
        try JSONDecoder().decode(MonitorSpecification.self, from: Data(text.utf8))
    }

    @Test("what is left out of a document takes its standard value")
    func standards() throws {
        let specification = try decode(
            #"{"name":"m","endpoint":"e","features":[{"name":"temp","kind":"number"}],"label":{},"thresholds":{"minimumRows":50}}"#)
        var thresholds = MonitorThresholds()
        thresholds.minimumRows = 50
        #expect(
            specification
                == MonitorSpecification(name: "m", endpoint: "e", features: [MonitoredFeature("temp", .number)], thresholds: thresholds))
        try specification.validate()
        #expect(try decode(#"{"name":"m","endpoint":"e","features":[]}"#).label == nil)
    }

    @Test(
        "a specification that cannot be meant is refused",
        arguments: [
            #"{"name":"../m","endpoint":"e","features":[]}"#, #"{"name":"m","endpoint":"","features":[]}"#,
            #"{"name":"m","endpoint":"e","features":[{"name":"a","kind":"number"},{"name":"a","kind":"category"}]}"#,
            #"{"name":"m","endpoint":"e","features":[{"name":"","kind":"number"}]}"#,
            #"{"name":"m","endpoint":"e","features":[],"thresholds":{"falseDiscoveryRate":0}}"#,
            #"{"name":"m","endpoint":"e","features":[],"thresholds":{"driftCritical":0.01}}"#,
            #"{"name":"m","endpoint":"e","features":[],"thresholds":{"labelCoverage":1.5}}"#,
            #"{"name":"m","endpoint":"e","features":[],"thresholds":{"minimumRows":0}}"#,
        ])
    func refused(document: String) async throws {
        let specification = try decode(document)
        let refusal = try await code { try specification.validate() }
        #expect(["monitoring.monitor.malformed", "domain.name.malformed"].contains(refusal))
    }
}
