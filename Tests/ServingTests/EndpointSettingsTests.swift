// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("How an endpoint answers")
struct EndpointSettingsTests {
    @Test("settings are kept, counted in the ledger once a change, and reach the routes", arguments: TestDatabase.allCases)
    func kept(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let configuration = EndpointConfiguration(governor: world.governor)
            let settings = EndpointSettings(
                entity: "customer", concurrency: 7, timeout: 250, mirror: .init(model: "cells", version: 2, percent: 50),
                log: .init(fraction: 0.5, redact: ["name"], days: 30))
            #expect(try await configuration.settings(of: "cells", by: world.caller) == EndpointSettings())
            for _ in 0..<2 { _ = try await configuration.set(settings, of: "cells", by: world.caller) }
            #expect(try await configuration.settings(of: "cells", by: world.caller) == settings)
            let entries = try await world.database.read { transaction in
                try transaction.rows("SELECT verb FROM ledger_entry").map { try $0["verb"] as String }
            }
            #expect(entries.count { $0.contains("configured") } == 1)
        }
    }

    @Test(
        "settings out of their range are refused, naming each",
        arguments: [
            (EndpointSettings(concurrency: 0), "concurrency"), (EndpointSettings(timeout: -1), "timeout"),
            (EndpointSettings(mirror: .init(model: "m", version: 1, percent: 101)), "mirror.percent"),
            (EndpointSettings(batching: .init(rows: 1, milliseconds: 5)), "batching.rows"),
            (EndpointSettings(hedging: .init(milliseconds: 0, percent: 5)), "hedging.milliseconds"),
            (EndpointSettings(hedging: .init(milliseconds: 5, percent: 51)), "hedging.percent"),
            (EndpointSettings(log: .init(fraction: 0)), "log.fraction"), (EndpointSettings(log: .init(fraction: .nan)), "log.fraction"),
            (EndpointSettings(log: .init(days: 0)), "log.days"), (EndpointSettings(entity: ""), "entity"),
        ])
    func range(_ settings: EndpointSettings, _ name: String) throws {
        let problem = #expect(throws: Problem.self) { try settings.check() }
        #expect(problem?.kind == .invalid)
        #expect(problem?.why?.contains("'\(name)'") == true)
    }

    @Test("all outputs are logged where the endpoint says so, also when several revisions answered", arguments: TestDatabase.allCases)
    func outputs(_ engine: TestDatabase) async throws {
        let expected = try Fixtures.expected()
        try await World.with(engine) { world in
            world.split(candidate: 50)
            let without = try await world.logged(try await world.infer(.init(inputs: [expected.features()])), rows: 90)
            #expect(without.allSatisfy { $0.outputs == nil })
            world.configure(EndpointSettings(log: .init(outputs: true)))
            let with = try await world.logged(try await world.infer(.init(inputs: [expected.features()])), rows: 90)
            #expect(Set(with.map(\.revision)) == [1, 2])
            for row in with {
                let score = row.outputs?["probabilities"]?.array?.last?.double
                #expect(score.map { Float($0) } == row.score.map { Float($0) })
            }
        }
    }

    @Test("rows of one entity stay with one revision, and raising a share only moves entities to the newer one")
    func sticky() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            var newer: Set<String> = []
            let keys = (0..<90).map { "customer-\($0 % 30)" }
            let entity = Tensor(name: "customer", shape: [90], values: .string(keys))
            for percent in [20, 60, 90] {
                world.split(candidate: percent)
                world.configure(EndpointSettings(entity: "customer"))
                var request = InferenceRequest(inputs: [expected.features()])
                request.loggedOnly = [entity]
                let logged = try await world.logged(try await world.infer(request), rows: 90)
                var revisions: [String: Set<Int>] = [:]
                for (key, prediction) in zip(keys, logged) { revisions[key, default: []].insert(prediction.revision) }
                #expect(revisions.values.allSatisfy { $0.count == 1 })
                let now = Set(revisions.filter { $0.value == [2] }.keys)
                #expect(newer.isSubset(of: now))
                newer = now
            }
            #expect(!newer.isEmpty)
        }
    }

    @Test("a request's own entity key keeps all its rows together")
    func whole() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.split(candidate: 50)
            var revisions: Set<Set<Int>> = []
            for key in 0..<20 {
                var request = InferenceRequest(inputs: [expected.features()])
                request.entity = "e\(key)"
                let logged = try await world.logged(try await world.infer(request), rows: 90)
                revisions.insert(Set(logged.map(\.revision)))
            }
            #expect(revisions == [[1], [2]])
        }
    }

    @Test("a tester's revision answers, and is no evidence; one outside the split is refused")
    func override() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.split(candidate: 10)
            var request = InferenceRequest(inputs: [expected.features()])
            request.revision = 2
            let answer = try await world.infer(request)
            #expect(answer.versions == [2])
            let logged = try await world.logged(answer, rows: 90)
            #expect(logged.allSatisfy { $0.revision == 2 && $0.candidate == nil })
            request.revision = 3
            let problem = await #expect(throws: Problem.self) { try await world.infer(request) }
            #expect(problem?.kind == .notFound)
        }
    }

    @Test("a fraction of the rows is logged, within six standard deviations, and the rest is counted as left out")
    func fraction() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            world.configure(EndpointSettings(log: .init(fraction: 0.25)))
            var written = 0
            for _ in 0..<40 {
                written += try await world.logged(try await world.infer(.init(inputs: [expected.features()])), rows: 90).count
            }
            let deviation = (3_600 * 0.25 * 0.75).squareRoot()
            #expect(abs(Double(written) - 900) < 6 * deviation)
            let counts = world.log.counts
            #expect(counts.offered == 3_600)
            #expect(counts.written == written)
            #expect(counts.leftOut == 3_600 - written)
            #expect(counts.dropped == 0)
            #expect(counts.waiting == 0)
        }
    }

    @Test("a redacted input is not written")
    func redaction() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            world.configure(EndpointSettings(log: .init(redact: ["features"])))
            let logged = try await world.logged(try await world.infer(.init(inputs: [expected.features()])), rows: 90)
            #expect(logged.count == 90)
            #expect(logged.allSatisfy { $0.inputs.isEmpty && $0.score != nil })
        }
    }

    @Test("requests that fill a batch are answered together, each with its own rows")
    func batching() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            // Nobody waits for the time: the second request completes the batch.
            world.configure(EndpointSettings(batching: .init(rows: 180, milliseconds: 10_000)))
            async let first = world.infer(InferenceRequest(inputs: [expected.features()]))
            async let second = world.infer(InferenceRequest(inputs: [expected.features()]))
            for answer in try await [first, second] {
                let probabilities = try #require(answer.outputs.last)
                #expect(probabilities.shape == [90, 2])
                for (value, wanted) in zip(probabilities.floats, expected.logisticRegression.probabilities.flatMap(\.self)) {
                    #expect(abs(Double(value) - wanted) < 1e-5)
                }
            }
        }
    }

    @Test("what comes after its deadline is refused and computes nothing")
    func deadline() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            var request = InferenceRequest(inputs: [expected.features()])
            request.deadline = .now - .seconds(1)
            let problem = await #expect(throws: Problem.self) { try await world.infer(request) }
            #expect(problem?.code == "serving.deadline.passed")
            #expect(world.log.counts.offered == 0)
        }
    }

    @Test("the queue before the models refuses what is beyond its bound")
    func queue() async throws {
        let pool = InferencePool(width: 1, bound: 2)
        let (started, starting) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        async let first = pool.run {
            starting.yield()
            gate.wait()
            return 1
        }
        for await _ in started { break }
        async let second = pool.run { 2 }
        while pool.waiting < 2 { await Task.yield() }
        let problem = await #expect(throws: Problem.self) { try await pool.run { 3 } }
        #expect(problem?.kind == .exhausted)
        gate.open()
        #expect(try await [first, second] == [1, 2])
    }
}
