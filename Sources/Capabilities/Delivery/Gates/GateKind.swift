// SPDX-License-Identifier: Apache-2.0

package import Backends
import Contracts
package import Documents
package import Domain
package import Governance

/// Quality gates as documents.
package struct GateKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "Gate" }
    package var summary: String { "Checks that a model version must pass before it may be released." }
    package var reading: Permission { .deliveryRead }
    package var writing: Permission { .gateWrite }

    package var shape: DocumentShape {
        .record([
            DocumentField(
                "checks", .list(Self.check, count: 1...GateSpecification.maximumChecks), "Named checks; each has exactly one kind.",
                isRequired: true),
            DocumentField(
                "onInconclusive", .choice(GateSpecification.Doubt.allCases.map(\.rawValue)),
                "Whether a person decides when the evidence does not, or the gate refuses.", standard: .string("ask")),
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
        guard let gate = try GateTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try Self.spec(of: gate.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Gates.apply(try Self.specification(wanted.name, wanted.content.spec), in: change).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Gates.delete(name, in: change)
    }

    /// A document has the name in its metadata, a specification in itself.
    private static func specification(_ name: String, _ spec: JSONValue) throws -> GateSpecification {
        guard case .object(var members) = spec else { preconditionFailure("The shape of a gate's spec is a record.") }
        members["name"] = .string(name)
        return try CanonicalSpec.decode(GateSpecification.self, from: .object(members))
    }

    private static func spec(of specification: GateSpecification) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }
}

extension GateKind {
    private static var check: DocumentShape {
        .record([
            DocumentField("name", .name, "Its name in the report.", isRequired: true),
            DocumentField("threshold", threshold, "A reported metric against a number."),
            DocumentField("champion", champion, "Better than the champion on the same held-out rows."),
            DocumentField("segments", segments, "Every segment of the rows by itself."),
            DocumentField("invariance", invariance, "Scores stay when an input changes that should not matter."),
            DocumentField("directional", directional, "Scores move the right way when an input changes that matters."),
            DocumentField("functionality", functionality, "Plain cases are answered right."),
            DocumentField("latency", latency, "Measured times of requests."),
            DocumentField(
                "size",
                .record([DocumentField("atMostBytes", .integer(1...Int(1) << 50), "Of the version's files together.", isRequired: true)]),
                "Size of the version's files."),
            DocumentField("data", data, "What the snapshots behind the decision must be."),
            DocumentField("expression", .text(length: 1...ExpressionRule.maximumBytes), "A condition in CEL for the rest."),
        ])
    }

    private static let column = DocumentShape.text(length: 1...250)
    private static let unit = DocumentShape.number(NumberRange(from: 0, upTo: 1))
    private static let confidence = DocumentField(
        "confidence", .number(NumberRange(from: 0.5, below: 1)), "How sure the answer must be.", standard: .number(0.95))
    private static let metric = DocumentField(
        "metric", .choice(ScoreMetric.allCases.map(\.rawValue)), "By which the two are compared.", isRequired: true)
    private static let comparisons = DocumentShape.choice(ThresholdRule.Comparison.allCases.map(\.rawValue))
    private static let minimumRows = DocumentField(
        "minimumRows", .integer(2...TextTable.maximumRows), "With fewer nothing is said.", standard: .integer(100))
    private static let cases = DocumentField("cases", column, "Their name in the behaviour file.", isRequired: true)
    private static let share = DocumentField(
        "share", .number(NumberRange(above: 0, upTo: 1)), "Share of the cases that must hold.", standard: .number(1))

    private static let threshold = DocumentShape.record([
        DocumentField("metric", column, "Name of the metric.", isRequired: true),
        DocumentField("comparison", comparisons, "How it compares.", isRequired: true),
        DocumentField("value", .number(NumberRange()), "The limit.", isRequired: true),
    ])

    private static let champion = DocumentShape.record([
        metric,
        DocumentField(
            "method", .choice(ChampionRule.Method.allCases.map(\.rawValue)), "How the interval is made.", standard: .string("bootstrap")),
        DocumentField("minimumEffect", .number(NumberRange(from: 0)), "Least improvement, in units of the metric.", standard: .number(0)),
        confidence, minimumRows, DocumentField("groupedBy", column, "Column of rows that are not independent."),
    ])

    private static let segments = DocumentShape.record([
        DocumentField("column", column, "Column of the scores file whose values are the segments.", isRequired: true), metric,
        DocumentField("margin", .number(NumberRange(from: 0)), "By how much a segment may be worse than the champion."),
        DocumentField("comparison", comparisons, "Instead of a margin, with 'value'."),
        DocumentField("value", .number(NumberRange()), "The limit in each segment."), confidence, minimumRows,
        DocumentField(
            "values", .list(.text(length: 0...250), count: 1...SegmentRule.maximumNamed), "Segments that must be there; all when left out."),
    ])

    private static func minimumCases(_ standard: Int64) -> DocumentField {
        DocumentField("minimumCases", .integer(1...TextTable.maximumRows), "With fewer nothing is said.", standard: .integer(standard))
    }

    private static let invariance = DocumentShape.record([
        cases, DocumentField("tolerance", unit, "By how much a score may move.", isRequired: true), share,
        minimumCases(Int64(BehaviourDemand.standardMinimum)),
    ])

    private static let directional = DocumentShape.record([
        cases,
        DocumentField("direction", .choice(DirectionalRule.Direction.allCases.map(\.rawValue)), "Where it must move.", isRequired: true),
        DocumentField("byAtLeast", unit, "By how much.", standard: .number(0)), share,
        minimumCases(Int64(BehaviourDemand.standardMinimum)),
    ])

    private static let data = DocumentShape.record([
        DocumentField("contract", .name, "A data contract that each snapshot passed as it stands now."),
        DocumentField(
            "schema", .choice(SchemaEvolution.Classification.allCases.map(\.rawValue)),
            "The gravest change of schema allowed since the snapshot before it."),
        DocumentField(
            "drift",
            .record([
                DocumentField(
                    "atMost", .number(NumberRange(from: 0)), "Stability index beyond noise, from the newest training snapshot.",
                    isRequired: true),
                DocumentField("columns", .list(column, count: 1...DataRule.maximumColumns), "All that both have when left out."),
            ]), "How far columns may have moved from what was learnt."),
        DocumentField(
            "of", .choice(DataRule.Which.allCases.map(\.rawValue)), "Which snapshots are meant.", standard: .string("heldOut")),
    ])

    private static let functionality = DocumentShape.record([cases, share, minimumCases(1)])

    private static let latency = DocumentShape.record([
        DocumentField("quantile", .number(NumberRange(above: 0, below: 1)), "Which of the times counts.", standard: .number(0.99)),
        DocumentField("atMostMilliseconds", .number(NumberRange(above: 0)), "The limit.", isRequired: true), confidence,
        DocumentField("minimumRequests", .integer(1...TextTable.maximumRows), "With fewer nothing is said.", standard: .integer(100)),
    ])
}
