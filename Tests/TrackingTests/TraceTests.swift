// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct TraceTests {
    private static func span(
        _ id: Int, of trace: Int = 1, parent: Int? = nil, name: String = "work", type: String? = nil, status: TraceSpan.Status = .ok,
        start: Int64 = 1_000, end: Int64? = 1_250, attributes: [SpanAttribute] = []
    ) -> TraceSpan {
        func hexadecimal(_ number: Int, _ width: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: width - text.count) + text
        }
        return TraceSpan(
            traceID: hexadecimal(trace, 32), id: hexadecimal(id, 16), parent: parent.map { hexadecimal($0, 16) }, name: name, type: type,
            status: status, started: start * 1_000_000, ended: end.map { $0 * 1_000_000 }, attributes: attributes)
    }

    private func experiment(_ world: TrackingWorld) async throws -> Int64 {
        try await world.experiments.create("traces", by: world.caller).id
    }

    @Test("gives spans back whole, the root first, whatever their values", arguments: TestDatabase.allCases)
    func wholeSpans(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            var root = Self.span(
                9, name: "root",
                attributes: [
                    SpanAttribute("whole", .integer(.max)), SpanAttribute("half", .number(0.5)), SpanAttribute("one", .number(1)),
                    SpanAttribute("nan", .number(.infinity)), SpanAttribute("nul", .text("a\u{0}b")),
                    SpanAttribute("bytes", .bytes([0, 255])),
                    SpanAttribute("list", .list([.null, .bool(true), .text("x")])),
                    SpanAttribute("members", .members([SpanAttribute("z", .integer(1)), SpanAttribute("a", .list([]))])),
                ])
            root.events = [TraceSpan.Event(name: "said", time: 5, attributes: [SpanAttribute("k", .text("v"))])]
            root.links = [TraceSpan.Link(trace: root.traceID, span: root.id, attributes: [])]
            root.state = "a=b"
            let child = Self.span(1, parent: 9, start: 900, end: 1_900)
            try await world.traces.record([SpanBatch(trace: "t", spans: [child, root], name: "root")], in: experiment, by: world.caller)
            let record = try await world.traces.record(of: "t", by: world.caller)
            #expect(record.spans == [root, child])
            #expect(record.trace.state == .ok)
            #expect(record.trace.name == "root")
            #expect((record.trace.started.milliseconds, record.trace.duration) == (900, 1_000))
        }
    }

    @Test("takes spans and facts in either order, and the facts win", arguments: TestDatabase.allCases)
    func anyOrder(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            func facts(_ id: String) -> Trace {
                Trace(
                    id: id, experiment: experiment, state: .error, started: Timestamp(milliseconds: 5), duration: 7, request: "asked",
                    tags: [Tag("team", "risk")], metadata: [Tag("k", "v")])
            }
            func spans(_ id: String) -> [SpanBatch] {
                [SpanBatch(trace: id, spans: [Self.span(1)], request: "concluded", tags: [Tag("team", "other"), Tag("host", "a")])]
            }
            _ = try await world.traces.start(facts("first"), by: world.caller)
            try await world.traces.record(spans("first"), in: experiment, by: world.caller)
            try await world.traces.record(spans("last"), in: experiment, by: world.caller)
            _ = try await world.traces.start(facts("last"), by: world.caller)
            for id in ["first", "last"] {
                let trace = try await world.traces.get(id, by: world.caller)
                #expect((trace.state, trace.started.milliseconds, trace.duration) == (.error, 5, 7))
                #expect(trace.request == "asked")
                #expect(trace.tags == [Tag("host", "a"), Tag("team", "risk")])
                #expect(trace.spanCount == 1)
            }
        }
    }

    @Test("a repeated call changes nothing, and a span told twice in one counts once", arguments: TestDatabase.allCases)
    func repetition(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            let spans = [Self.span(1), Self.span(2, parent: 1, attributes: [SpanAttribute("a", .text("b"))]), Self.span(1, name: "again")]
            for _ in 0..<2 { try await world.traces.record([SpanBatch(trace: "t", spans: spans)], in: experiment, by: world.caller) }
            let record = try await world.traces.record(of: "t", by: world.caller)
            #expect(record.spans.map(\.name) == ["again", "work"])
            #expect(record.trace.spanCount == 2)
            let now = Timestamp(milliseconds: 1)
            let said = Assessment(
                kind: .feedback, name: "good", value: true, source: .init(type: "CODE", id: "x"), created: now, updated: now)
            let trace = Trace(id: "t", experiment: experiment, state: .ok, started: now, assessments: [said])
            for _ in 0..<2 { _ = try await world.traces.start(trace, by: world.caller) }
            #expect(try await world.traces.get("t", by: world.caller).assessments.count == 1)
        }
    }

    @Test("a deleted trace is gone, takes no spans, and the ledger knows", arguments: TestDatabase.allCases)
    func deletion(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for index in 1...3 {
                let spans = [Self.span(1, of: index, start: Int64(index * 1_000), end: nil)]
                try await world.traces.record([SpanBatch(trace: "t\(index)", spans: spans)], in: experiment, by: world.caller)
            }
            #expect(try await world.traces.delete(in: experiment, ids: ["t2", "none"], by: world.caller) == 1)
            #expect(try await world.traces.delete(in: experiment, through: Timestamp(milliseconds: 9_000), limit: 1, by: world.caller) == 1)
            #expect(try await world.traces.search("", in: [experiment], limit: 10, by: world.caller).items.map(\.id) == ["t3"])
            await #expect(throws: Problem.self) { try await world.traces.get("t2", by: world.caller) }
            await #expect(throws: Trace.deleted("t2")) {
                try await world.traces.record([SpanBatch(trace: "t2", spans: [Self.span(5)])], in: experiment, by: world.caller)
            }
            #expect(try await world.verbs().filter { $0 == "trace.deleted" }.count == 2)
        }
    }

    @Test("takes all spans of a call or none, and refuses unknown experiments and oversize spans", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            let large = SpanAttribute("a", .text(String(repeating: "x", count: Int(TraceLimit.spanBytes))))
            let batches = [
                SpanBatch(trace: "a", spans: [Self.span(1)]), SpanBatch(trace: "b", spans: [Self.span(1, of: 2, attributes: [large])]),
            ]
            await #expect(throws: Problem.self) { try await world.traces.record(batches, in: experiment, by: world.caller) }
            await #expect(throws: Problem.self) { try await world.traces.get("a", by: world.caller) }
            await #expect(throws: Problem.self) { try await world.traces.record(Array(batches.prefix(1)), in: 999, by: world.caller) }
            await #expect(throws: Problem.self) {
                try await world.traces.record([SpanBatch(trace: "../a", spans: [Self.span(1)])], in: experiment, by: world.caller)
            }
        }
    }

    private static let filters: [(String, [String])] = [
        ("", ["c", "b", "a"]), ("timestamp > 2000", ["c"]), ("timestamp_ms <= 2000 AND execution_time_ms >= 250", ["b", "a"]),
        ("execution_time < 200", ["c"]), ("end_time > 2000", ["c", "b"]), ("trace.status = 'ERROR'", ["b"]),
        ("status IN ('OK', 'ERROR')", ["c", "b", "a"]), ("status NOT IN ('OK')", ["b"]), ("name LIKE 'root%'", ["b", "a"]),
        ("trace.name ILIKE 'ROOT-A'", ["a"]), ("name RLIKE '^root-[ab]$'", ["b", "a"]), ("name RLIKE '(a|x)+$'", ["a"]),
        ("client_request_id = 'q-1'", ["a"]), ("request_id IN ('a', 'c')", ["c", "a"]), ("tags.team = 'risk'", ["a"]),
        ("tag.team != 'risk'", ["b"]), ("tags.team IS NULL", ["c"]), ("tags.team RLIKE 'r.{2}k'", ["a"]),
        ("metadata.user = 'eva'", ["b"]), ("request_metadata.user IS NOT NULL", ["b"]), ("span.name = 'call'", ["b", "a"]),
        ("span.type = 'LLM' AND span.name = 'call'", ["a"]), ("span.type = 'TOOL' AND span.name = 'root'", []),
        ("span.status = 'ERROR'", ["b"]), ("span.attributes.model = 'm-1'", ["a"]), ("span.attributes.`model` LIKE 'm-%'", ["b", "a"]),
        ("span.attributes.tokens = '12'", ["a"]), ("span.attributes.model IN ('m-2')", ["b"]), ("span.content LIKE '%m-2%'", ["b"]),
        ("trace.text ILIKE '%M-1%'", ["a"]), ("feedback.score > 0.5", ["a"]), ("feedback.score <= 0.5", ["b"]),
        ("feedback.good = 'true'", ["a"]), ("feedback.good IS NULL", ["c", "b"]), ("expectation.answer = 'yes'", ["a"]),
        ("expectation.answer LIKE 'n%'", ["b"]), ("feedback.answer = 'yes'", []), ("run_id = 'RUN'", ["b"]),
        ("run_id IS NULL", ["c", "a"]),
        ("prompt = 'p/1'", ["c"]), ("tags.team = 'x''; DROP TABLE trace; --'", []),
    ]

    private func fill(_ world: TrackingWorld) async throws -> (experiment: Int64, run: String) {
        let run = try await world.newRun()
        let experiment = try await experiment(world)
        for (index, id) in ["a", "b", "c"].enumerated() {
            let start = Int64(1_000 * (index + 1))
            var spans = [Self.span(1, of: index + 1, name: "root", start: start, end: start + (id == "c" ? 100 : 250))]
            if id != "c" {
                spans[0].status = id == "b" ? .error : .ok
                spans.append(
                    Self.span(
                        2, of: index + 1, parent: 1, name: "call", type: id == "a" ? "LLM" : "TOOL", start: start, end: start,
                        attributes: [
                            SpanAttribute("model", .text("m-\(index + 1)")), SpanAttribute("tokens", .integer(id == "a" ? 12 : 7)),
                        ]))
            }
            try await world.traces.record(
                [SpanBatch(trace: id, spans: spans, name: id == "c" ? nil : "root-\(id)")], in: experiment, by: world.caller)
        }
        let a = Trace(
            id: "a", experiment: experiment, state: .ok, started: Timestamp(milliseconds: 1_000), duration: 250, clientRequestID: "q-1",
            tags: [Tag("team", "risk")])
        _ = try await world.traces.start(a, by: world.caller)
        try await world.traces.setTag(Tag("team", "fraud"), on: "b", by: world.caller)
        _ = try await world.traces.finish(
            "b", as: .error, at: Timestamp(milliseconds: 2_250), tags: [], metadata: [Tag("user", "eva")], by: world.caller)
        try await world.traces.link(["b"], .run, [run.id], by: world.caller)
        try await world.traces.link(["c"], .prompt, ["p/1"], by: world.caller)
        let now = world.clock.now()
        func say(_ id: String, _ kind: Assessment.Kind, _ name: String, _ value: JSONValue) async throws {
            let said = Assessment(kind: kind, name: name, value: value, source: .init(type: "HUMAN", id: "x"), created: now, updated: now)
            _ = try await world.traces.assess(id, said, by: world.caller)
        }
        try await say("a", .feedback, "score", 0.75)
        try await say("b", .feedback, "score", 0.5)
        try await say("a", .feedback, "good", true)
        try await say("a", .expectation, "answer", "yes")
        try await say("b", .expectation, "answer", "no")
        return (experiment, run.id)
    }

    @Test("finds what a filter says, the same on both engines", arguments: TestDatabase.allCases)
    func search(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, run) = try await fill(world)
            for (filter, expected) in Self.filters {
                let found = try await world.traces.search(
                    filter.replacing("RUN", with: run), in: [experiment], limit: 10, by: world.caller)
                #expect(found.items.map(\.id) == expected, "\(filter)")
            }
            for filter in [
                "status > 'OK'", "timestamp = 'x'", "span.nothing = 'x'", "span.attributes. = 'x'", "span.content = 'x'", "metrics.a = 1",
                "name RLIKE '(a'", "name RLIKE '(?=a)'", "name RLIKE '(a)\\1'", "name RLIKE '((a{100}){100})'", "a OR b",
            ] {
                await #expect(throws: Problem.self, "\(filter)") {
                    try await world.traces.search(filter, in: [experiment], limit: 10, by: world.caller)
                }
            }
            #expect(try await world.traces.counts(["", "status = 'OK'"], in: [experiment], by: world.caller) == [3, 2])
        }
    }

    @Test("pages meet without gap or repetition in any order", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, _) = try await fill(world)
            for order in [
                [], ["timestamp ASC"], ["execution_time DESC"], ["name"], ["status", "end_time DESC"], ["tags.team"], ["run_id"],
            ] {
                let whole = try await world.traces.search("", in: [experiment], order: order, limit: 10, by: world.caller).items
                var paged: [String] = []
                var token: PageToken?
                repeat {
                    let (items, next) = try await world.traces.search(
                        "", in: [experiment], order: order, after: token, limit: 1, by: world.caller)
                    paged += items.map(\.id)
                    token = try next.map { try PageToken($0.text) }
                } while token != nil
                #expect(paged == whole.map(\.id), "\(order)")
                #expect(paged.count == 3)
            }
        }
    }

    @Test("an assessment stands in place of another until it is deleted", arguments: TestDatabase.allCases)
    func overriding(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, _) = try await fill(world)
            let first = try #require(try await world.traces.get("b", by: world.caller).assessments.first { $0.name == "score" })
            let now = world.clock.now()
            let better = Assessment(
                kind: .feedback, name: "score", value: 0.9, source: .init(type: "HUMAN", id: "y"), overrides: first.id, created: now,
                updated: now)
            let second = try await world.traces.assess("b", better, by: world.caller)
            #expect(try await world.traces.assessment(first.id, of: "b", by: world.caller).isValid == false)
            #expect(
                try await world.traces.search("feedback.score = 0.9", in: [experiment], limit: 5, by: world.caller).items.map(\.id) == ["b"]
            )
            #expect(try await world.traces.search("feedback.score = 0.5", in: [experiment], limit: 5, by: world.caller).items.isEmpty)
            let edited = try await world.traces.edit(
                second.id, of: "b", AssessmentEdit(value: 1, rationale: "seen", metadata: [Tag("k", "v")]), by: world.caller)
            #expect((edited.value, edited.rationale, edited.metadata) == (1, "seen", [Tag("k", "v")]))
            await #expect(throws: Problem.self) {
                try await world.traces.edit(second.id, of: "b", AssessmentEdit(value: 1, kind: .expectation), by: world.caller)
            }
            for _ in 0..<2 { try await world.traces.deleteAssessment(second.id, of: "b", by: world.caller) }
            #expect(try await world.traces.assessment(first.id, of: "b", by: world.caller).isValid)
        }
    }

    @Test("another workspace's trace of the same id is another trace", arguments: TestDatabase.allCases)
    func workspaces(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            var other = world.caller
            other.workspace = "other"
            let theirs = try await world.experiments.create("theirs", by: other).id
            try await world.traces.record([SpanBatch(trace: "t", spans: [Self.span(1)])], in: experiment, by: world.caller)
            await #expect(throws: Problem.self) { try await world.traces.get("t", by: other) }
            try await world.traces.record([SpanBatch(trace: "t", spans: [Self.span(2)])], in: theirs, by: other)
            #expect(try await world.traces.record(of: "t", by: world.caller).spans.map(\.id) == [Self.span(1).id])
            #expect(try await world.traces.delete(in: theirs, ids: ["t"], by: other) == 1)
            #expect(try await world.traces.get("t", by: world.caller).spanCount == 1)
        }
    }
}
