// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain
import Governance

extension RolloutPlan {
    /// Its form in documents; checked together with `validate()`, which knows how the parts must fit.
    static var shape: DocumentShape {
        let usual = RolloutPlan()
        let days = 24 * 3600
        return .record([
            DocumentField(
                "strategy", .choice(RolloutStrategy.allCases.map(\.rawValue)), "In which manner the candidate takes over.",
                standard: .string(usual.strategy.rawValue)),
            DocumentField(
                "percents", .list(.integer(0...100), count: 1...maximumSteps),
                "The candidate's share step by step, ending with 100; a leading 0 is the preview or the shadow's time."),
            DocumentField("bakeSeconds", .integer(0...30 * days), "The least time in each step.", standard: .integer(0)),
            DocumentField(
                "minimumPredictions", .integer(0...10_000_000), "Predictions of the candidate needed in a step.", standard: .integer(0)),
            DocumentField(
                "minimumLabelled", .integer(0...10_000_000), "Labelled predictions of each revision needed in a step.",
                standard: .integer(Int64(usual.minimumLabelled))),
            DocumentField(
                "minimumPairs", .integer(1...10_000_000), "Requests a shadow must have answered too.",
                standard: .integer(Int64(usual.minimumPairs))),
            DocumentField(
                "alpha", .number(NumberRange(above: 0, below: 0.5)), "Probability that a candidate that is no worse is rolled back.",
                standard: .number(usual.alpha)),
            DocumentField(
                "maximumSeconds", .integer(1...90 * days), "After this long without a decision a person is asked.",
                standard: .integer(Int64(usual.maximumSeconds))),
            DocumentField(
                "invalidShare", .number(NumberRange(above: 0, upTo: 0.5)), "Share of invalid predictions a candidate may have.",
                standard: .number(usual.invalidShare)),
            DocumentField(
                "scoreShift", .number(NumberRange(above: 0, upTo: 100)),
                "How far the candidate's scores may lie from the stable revision's, in nats of the stability index, before a person is asked."
            ),
            DocumentField(
                "requiresShownNotWorse", .boolean, "Whether promotion needs evidence that the candidate is not worse.",
                standard: .bool(false)),
            DocumentField(
                "keepWarmSeconds", .integer(0...30 * days), "How long the replaced revision stays loaded.", standard: .integer(0)),
            DocumentField(
                "stepApprovals", .list(stepApproval, count: 0...maximumSteps), "Who is asked before which step.", standard: .array([])),
            DocumentField("segments", segments, "Groups whose losses are looked at by themselves."),
            DocumentField("latency", latency, "How much longer than the stable revision the candidate may take."),
            DocumentField(
                "schemaViolations", .boolean, "Whether requests that a revision refuses because of their inputs are compared.",
                standard: .bool(false)),
            DocumentField("saturation", saturation, "How many requests the candidate may turn away for lack of room."),
            DocumentField(
                "smokeTests", .list(smokeTest, count: 0...SmokeTest.maximumTests),
                "What the server asks a blue-green preview before the switch.",
                standard: .array([])),
            DocumentField("guards", .list(outsideGuard, count: 0...maximumGuards), "Numbers from outside.", standard: .array([])),
        ])
    }

    private static let stepApproval = DocumentShape.record([
        DocumentField("beforePercent", .integer(1...100), "One of the later 'percents'.", isRequired: true),
        DocumentField("approvers", .list(.name, count: 0...ApprovalRule.maximumNames), "Users by name.", standard: .array([])),
        DocumentField(
            "roles", .list(.choice(Role.allCases.map(\.rawValue)), count: 0...Role.allCases.count), "Or anyone with one of these roles.",
            standard: .array([])),
    ])

    private static let segments = DocumentShape.record([
        DocumentField("input", .text(length: 1...200), "The input whose value is the segment.", isRequired: true),
        DocumentField("values", .list(.text(length: 0...200), count: 1...maximumSegments), "The segments.", isRequired: true),
    ])

    private static let latency = DocumentShape.record([
        DocumentField("p50", .number(NumberRange(from: 1, upTo: 1000)), "How many times as long at the median."),
        DocumentField("p99", .number(NumberRange(from: 1, upTo: 1000)), "How many times as long where one in a hundred takes longer."),
        DocumentField("minimum", .integer(100...10_000_000), "Answers of each revision needed in a step.", standard: .integer(200)),
    ])

    private static let saturation = DocumentShape.record([
        DocumentField("shedShare", .number(NumberRange(from: 0, below: 1)), "The share it may turn away.", standard: .number(0.01)),
        DocumentField("minimum", .integer(1...10_000_000), "Requests of the candidate needed in a step.", standard: .integer(200)),
    ])

    private static let smokeTest = DocumentShape.record([
        DocumentField("name", .name, "Its name in what is said.", isRequired: true),
        DocumentField(
            "inputs", .map(.list(.anything, count: 1...10_000)), "Values by input name: a list with an element for each row.",
            isRequired: true),
        DocumentField("atLeast", .number(NumberRange()), "The least that every row's score may be."),
        DocumentField("atMost", .number(NumberRange()), "The most it may be."),
        DocumentField("withinMilliseconds", .integer(1...60_000), "How long the answer may take."),
    ])

    private static let outsideGuard = DocumentShape.record([
        DocumentField("name", .name, "Its name in what is said.", isRequired: true),
        DocumentField("source", .choice(OutsideGuard.Source.allCases.map(\.rawValue)), "Who is asked.", isRequired: true),
        DocumentField("url", .text(length: 0...2000), "Where: of Prometheus its root, of a webhook its address; of SQL none."),
        DocumentField("query", .text(length: 1...5000), "PromQL, or one SELECT over 'predictions', that gives one number."),
        DocumentField("atLeast", .number(NumberRange()), "The least the number may be."),
        DocumentField("atMost", .number(NumberRange()), "The most it may be."),
        DocumentField("intervalSeconds", .integer(10...24 * 3600), "How often it is asked.", standard: .integer(60)),
        DocumentField("failures", .integer(1...100), "So many failed answers in a row roll back.", standard: .integer(3)),
    ])
}
