// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// What a trace can be found by.
///
/// Its own properties are columns. Tags, metadata, spans, links and assessments are rows under the trace's key, which each comparison
/// looks up there. All comparisons with `span.` speak of one and the same span.
struct TraceSearch {
    static let space = SearchSpace(
        noun: "trace", table: "trace",
        attributes: [
            "request_id": .init("trace.id", .text), "trace_id": .init("trace.id", .text),
            "experiment_id": .init("trace.experiment", .integer), "status": .init("trace.state", .text),
            "state": .init("trace.state", .text),
            "timestamp": .init("trace.started", .integer), "timestamp_ms": .init("trace.started", .integer),
            "execution_time": .init("trace.duration", .integer, isNullable: true),
            "execution_time_ms": .init("trace.duration", .integer, isNullable: true), "end_time": .init("trace.ended", .integer),
            "end_time_ms": .init("trace.ended", .integer), "name": .init("trace.name", .text, isNullable: true),
            "client_request_id": .init("trace.client_request_id", .text, isNullable: true),
            "run_id": .init(firstRun, .text, isNullable: true),
        ],
        facets: [
            .tag: .init("trace_tag", where: "facet.trace = trace.key"),
            .metadata: .init("trace_metadata", where: "facet.trace = trace.key"),
            .feedback: assessments(.feedback), .expectation: assessments(.expectation),
        ],
        defaultOrder: [SortTerm(SearchSubject(.attribute, "timestamp"), isDescending: true)], identity: ["trace_id"])

    private static let firstRun = """
        (SELECT MIN(link.target) FROM trace_link link WHERE link.workspace = trace.workspace AND link.trace = trace.id AND link.kind = 'run')
        """

    private static func assessments(_ kind: Assessment.Kind) -> SearchSpace.Facet {
        .init(
            "trace_assessment", where: "facet.trace = trace.key AND facet.kind = '\(kind.rawValue)' AND facet.is_valid = 1",
            number: "number")
    }

    private static let spanSpace = SearchSpace(
        noun: "span", table: "span",
        attributes: [
            "name": .init("span.name", .text), "type": .init("span.type", .text, isNullable: true), "status": .init("span.status", .text),
            "content": .init("span.content", .text),
        ],
        facets: [.tag: .init("trace_span_attribute", where: "facet.trace = span.trace AND facet.span = span.id")], defaultOrder: [],
        identity: [])

    private static let linkSpace = SearchSpace(
        noun: "link", table: "link", attributes: ["target": .init("link.target", .text)], facets: [:], defaultOrder: [], identity: [])

    private let engine: DatabaseEngine
    private(set) var statement: SearchStatement

    /// The active traces of these experiments.
    init(in experiments: [Int64], of workspace: String, on engine: DatabaseEngine) {
        self.engine = engine
        statement = SearchStatement(of: Self.space, on: engine)
        let marks = experiments.map { _ in "?" }.joined(separator: ", ")
        statement.require(
            "trace.workspace = ? AND trace.experiment IN (\(marks)) AND trace.lifecycle = 'active'",
            [.text(workspace)] + experiments.map(\.databaseValue))
    }

    mutating func require(_ comparisons: [Comparison]) throws(Problem) {
        var spans: [Comparison] = []
        for comparison in comparisons {
            switch (comparison.subject.kind, comparison.subject.key.lowercased()) {
            case (.span, _): spans.append(try Self.spanComparison(comparison))
            case (.attribute, "text"):
                guard comparison.operation == .like || comparison.operation == .caseInsensitiveLike else {
                    throw Self.contentRefusal(comparison)
                }
                try requireSpan([Comparison(SearchSubject(.attribute, "content"), comparison.operation, comparison.operand)])
            case (.attribute, "run_id"): try requireLink(comparison, .run)
            case (.attribute, "prompt"): try requireLink(comparison, .prompt)
            default: try statement.require([comparison])
            }
        }
        if !spans.isEmpty { try requireSpan(spans) }
    }

    mutating func sort(by terms: [SortTerm]) throws(Problem) { try statement.sort(by: terms) }

    private mutating func requireSpan(_ comparisons: [Comparison]) throws(Problem) {
        var sql = "EXISTS (SELECT 1 FROM trace_span span WHERE span.trace = trace.key"
        var values: [DatabaseValue] = []
        for comparison in comparisons {
            let part = try SearchCondition(comparison, in: Self.spanSpace, on: engine)
            sql += " AND \(part.sql)"
            values += part.values
        }
        statement.require(sql + ")", values)
    }

    private mutating func requireLink(_ comparison: Comparison, _ kind: TraceLink.Kind) throws(Problem) {
        let found = """
            SELECT 1 FROM trace_link link WHERE link.workspace = trace.workspace AND link.trace = trace.id AND link.kind = '\(kind.rawValue)'
            """
        switch comparison.operation {
        case .isNull: statement.require("NOT EXISTS (\(found))", [])
        case .isNotNull: statement.require("EXISTS (\(found))", [])
        default:
            let target = Comparison(SearchSubject(.attribute, "target"), comparison.operation, comparison.operand)
            let part = try SearchCondition(target, in: Self.linkSpace, on: engine)
            statement.require("EXISTS (\(found) AND \(part.sql))", part.values)
        }
    }

    /// `name`, `type`, `status`, `content`, or `attributes.KEY`.
    private static func spanComparison(_ comparison: Comparison) throws(Problem) -> Comparison {
        let key = comparison.subject.key
        if key.hasPrefix("attributes.") {
            let name = String(key.dropFirst("attributes.".count))
            guard !name.isEmpty else {
                throw Problem(.invalid, "tracking.filter.key-unknown", "Span attribute name cannot be empty after 'attributes.'")
            }
            return Comparison(SearchSubject(.tag, name), comparison.operation, comparison.operand)
        }
        guard spanSpace.attributes[key.lowercased()] != nil else {
            throw Problem(
                .invalid, "tracking.filter.key-unknown", "Invalid span attribute '\(key.printable)'.",
                fix: "Supported attributes: name, type, status, content, attributes.<attribute_name>.")
        }
        if key.lowercased() == "content", ![.like, .caseInsensitiveLike].contains(comparison.operation) {
            throw contentRefusal(comparison)
        }
        return Comparison(SearchSubject(.attribute, key), comparison.operation, comparison.operand)
    }

    private static func contentRefusal(_ comparison: Comparison) -> Problem {
        Problem(
            .invalid, "tracking.filter.type-mismatched",
            "'\(comparison.subject.key.printable)' cannot be compared by '\(comparison.operation.rawValue)'.", why: "It is all of a span.",
            fix: "Use LIKE or ILIKE, with % at both ends.")
    }
}

extension TraceTracking {
    package static var maximumPage: Int { 500 }

    /// - Parameter experiments: The traces of these; of none when empty.
    /// - Complexity: In the usual order of one experiment, O(rows looked at until the page is full), each with one look-up per comparison
    ///   that is no property of the trace itself.
    package func search(
        _ filter: String, in experiments: [Int64], order: [String] = [], after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [Trace], next: PageToken?) {
        let comparisons = try FilterParser.comparisons(in: filter)
        let terms = try order.map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        guard !experiments.isEmpty else { return ([], nil) }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            var search = TraceSearch(in: experiments, of: caller.workspace, on: transaction.engine)
            try search.require(comparisons)
            try search.sort(by: terms)
            let (entries, next) = try search.statement.page(after: token, limit: limit, in: transaction, TraceTable.decode)
            return (try TraceTable(transaction: transaction, workspace: caller.workspace).complete(entries), next)
        }
    }

    /// How many traces of the experiments pass each filter, and all of them together.
    package func counts(_ filters: [String], in experiments: [Int64], by caller: Caller) async throws -> [Int64] {
        let parsed = try filters.map { filter throws(Problem) in try FilterParser.comparisons(in: filter) }
        guard !experiments.isEmpty else { return parsed.map { _ in 0 } }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            try parsed.map { comparisons in
                var search = TraceSearch(in: experiments, of: caller.workspace, on: transaction.engine)
                try search.require(comparisons)
                return try search.statement.count(in: transaction)
            }
        }
    }
}
