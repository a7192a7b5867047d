// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
package import Documents
package import Domain
package import Governance

/// Monitors as documents.
package struct MonitorKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "Monitor" }
    package var summary: String { "Compares what an endpoint is asked and answers with the baseline of the version that answered." }
    package var reading: Permission { .monitoringRead }
    package var writing: Permission { .monitorWrite }

    package var shape: DocumentShape {
        .record([
            DocumentField("endpoint", .name, "The endpoint that is watched.", isRequired: true),
            DocumentField(
                "features", .list(Self.feature, count: 0...MonitorSpecification.maximumFeatures),
                "The model's inputs to watch, by their names in the prediction log.", isRequired: true),
            DocumentField("label", Self.label, "How labels become classes; left out when none ever arrive."),
            DocumentField("thresholds", Self.thresholds, "What is taken for noise and what for news."),
            DocumentField("alarms", Self.alarms, "When breaches become incidents, and when those are over."),
            DocumentField("schedule", Self.schedule, "Which windows are judged without being asked; left out when none are."),
            DocumentField(
                "segments", .list(Self.segment, count: 0...MonitorSegment.most), "Rows that are judged by themselves, too."),
            DocumentField(
                "references", .list(Self.reference, count: 0...MonitorReference.Kind.allCases.count),
                "What windows are compared with beside the frozen baseline."),
            DocumentField("checks", .list(Self.check, count: 0...MonitorCheck.most), "Further rules."),
            DocumentField(
                "maintenance", .list(FreezeWindow.shape, count: 0...MonitorSpecification.maximumMaintenance),
                "When nothing is made of what is seen."),
            DocumentField("owner", .name, "Whose its incidents are: a principal's name."),
        ])
    }

    private static let feature = DocumentShape.record([
        DocumentField("name", .text(length: 1...200), "The feature's name.", isRequired: true),
        DocumentField("kind", .choice(MonitoredFeature.Kind.allCases.map(\.rawValue)), "How its values are compared.", isRequired: true),
        DocumentField("importance", .number(NumberRange(from: 0)), "How much the model rests on it, on any scale; 1 when left out."),
    ])

    private static var alarms: DocumentShape {
        let usual = AlarmRule()
        let windows = DocumentShape.integer(1...AlarmRule.mostWindows)
        return .record([
            DocumentField(
                "raise", windows, "Breaches among the last 'of' windows that open an incident.", standard: .integer(Int64(usual.raise))),
            DocumentField("of", windows, "How many windows are looked at.", standard: .integer(Int64(usual.of))),
            DocumentField("clear", windows, "Clean windows in a row that end it.", standard: .integer(Int64(usual.clear))),
            DocumentField(
                "cooldownHours", .integer(0...AlarmRule.longestCooldownHours), "What comes back within it reopens the incident.",
                standard: .integer(Int64(usual.cooldownHours))),
            DocumentField(
                "opensFrom", .choice(Incident.Severity.allCases.map(\.rawValue)), "The least severity that opens an incident.",
                standard: .string(usual.opensFrom.rawValue)),
        ])
    }

    private static let schedule = DocumentShape.record([
        DocumentField(
            "everySeconds", .integer(MonitorSchedule.shortestSeconds...MonitorSchedule.longestSeconds),
            "Length of a window, counted from 1970-01-01T00:00Z.", isRequired: true),
        DocumentField(
            "latenessSeconds", .integer(0...MonitorSchedule.longestLatenessSeconds), "How long after its end a window is judged.",
            standard: 3600),
    ])

    private static let check = DocumentShape.record([
        DocumentField("name", .name, "The rule's name.", isRequired: true),
        DocumentField("type", .choice(MonitorCheck.Kind.allCases.map(\.rawValue)), "What is looked at.", isRequired: true),
        DocumentField("column", .text(length: 1...200), "An input, by its name in the prediction log."),
        DocumentField("minimum", .number(NumberRange()), "Below it is a breach."),
        DocumentField("maximum", .number(NumberRange()), "Above it is a breach."),
        DocumentField("share", .number(NumberRange(from: 0, upTo: 1)), "Share of rows that may be so, or that need a label."),
        DocumentField("seconds", .integer(1...366 * 86_400), "How old something may be."),
        DocumentField("objective", .number(NumberRange(above: 0, below: 1)), "Share of answers that are to be good, such as 0.999."),
        DocumentField("metric", .text(length: 1...50), "Which metric of performance or fairness."),
        DocumentField("threshold", .number(NumberRange()), "A score at or above it is a positive answer; 0.5 when left out."),
        DocumentField(
            "milliseconds", .number(NumberRange(above: 0, upTo: MonitorCheck.longestMilliseconds)), "How long a good answer may take."),
        DocumentField(
            "columns", .list(.text(length: 1...200), count: 2...JointDrift.columnLimit), "Features that are looked at together."),
    ])

    private static let segment = DocumentShape.record([
        DocumentField("column", .text(length: 1...200), "An input, by its name in the prediction log.", isRequired: true),
        DocumentField(
            "values", .list(.text(length: 1...200), count: 1...MonitorSegment.judged), "Each is a segment; all values when left out."),
        DocumentField("from", .number(NumberRange()), "One segment: numbers from here on."),
        DocumentField("below", .number(NumberRange()), "And below this."),
    ])

    private static let reference = DocumentShape.record([
        DocumentField(
            "type", .choice(MonitorReference.Kind.allCases.map(\.rawValue)), "The windows before, or the same a season before.",
            isRequired: true),
        DocumentField("windows", .integer(1...MonitorReference.mostWindows), "Of 'rolling': how many; 7 when left out."),
        DocumentField(
            "season", .choice(MonitorReference.Season.allCases.map(\.rawValue)), "Of 'seasonal'; a week when left out."),
    ])

    private static let label = DocumentShape.record([
        DocumentField("positiveFrom", .number(NumberRange()), "A label at or above it is positive.", standard: 0.5)
    ])

    private static var thresholds: DocumentShape {
        let usual = MonitorThresholds()
        let positive = DocumentShape.number(NumberRange(above: 0))
        let share = DocumentShape.number(NumberRange(above: 0, upTo: 1))
        let rows = DocumentShape.integer(20...100_000_000)
        return .record([
            DocumentField(
                "falseDiscoveryRate", .number(NumberRange(above: 0, below: 0.5)), "Share of false alarms among the drifts shown.",
                standard: .number(usual.falseDiscoveryRate)),
            DocumentField(
                "driftWarning", positive, "Stability index in nats from which a change is drift.", standard: .number(usual.driftWarning)),
            DocumentField("driftCritical", positive, "The same for grave drift.", standard: .number(usual.driftCritical)),
            DocumentField("scoreDrift", positive, "The same for the score.", standard: .number(usual.scoreDrift)),
            DocumentField("minimumRows", rows, "Rows needed to judge.", standard: .integer(Int64(usual.minimumRows))),
            DocumentField(
                "logLossMargin", .number(NumberRange(from: 0)), "Log loss in nats by which a window may be worse.",
                standard: .number(usual.logLossMargin)),
            DocumentField(
                "logLossConfidence", .number(NumberRange(from: 0.5, below: 1)), "One-sided confidence that it is worse.",
                standard: .number(usual.logLossConfidence)),
            DocumentField("minimumLabels", rows, "Labels needed to judge.", standard: .integer(Int64(usual.minimumLabels))),
            DocumentField("minimumDays", .integer(2...366), "Days with labels needed.", standard: .integer(Int64(usual.minimumDays))),
            DocumentField("labelCoverage", share, "Share of rows that need a label.", standard: .number(usual.labelCoverage)),
            DocumentField(
                "checksDataFaults", .boolean, "Whether faults of the data are looked for.", standard: .bool(usual.checksDataFaults)),
            DocumentField("nullRise", share, "Rise of the share of nulls that is a fault.", standard: .number(usual.nullRise)),
            DocumentField(
                "unseenCategories", share, "Share of unseen categories that is a fault.", standard: .number(usual.unseenCategories)),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try Self.specification(document.name, try document.spec.value())
        try specification.validate()
        return DocumentContent(spec: try Self.spec(of: specification))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let monitor = try MonitorTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try Self.spec(of: monitor.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Monitors.apply(try Self.specification(wanted.name, wanted.content.spec), in: change).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Monitors.delete(name, in: change)
    }

    /// A document has the name in its metadata, a specification in itself.
    private static func specification(_ name: String, _ spec: JSONValue) throws -> MonitorSpecification {
        guard case .object(var members) = spec else { preconditionFailure("The shape of a monitor's spec is a record.") }
        members["name"] = .string(name)
        return try CanonicalSpec.decode(MonitorSpecification.self, from: .object(members))
    }

    private static func spec(of specification: MonitorSpecification) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }
}
