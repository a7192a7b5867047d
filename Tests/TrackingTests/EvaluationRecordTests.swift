// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct EvaluationRecordTests {
    private func made(_ world: TrackingWorld) async throws -> String {
        try await world.evaluationDatasets.create("asked", by: world.caller).id
    }

    @Test("gives records back as they were given, in their order", arguments: TestDatabase.allCases)
    func content(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let drafts = [
                EvaluationRecordDraft(
                    inputs: ["q": "ä\u{0}€", "deep": ["list": [1, 1.0, nil, true, .number(-.infinity)]]], outputs: "said",
                    expectations: ["a": 0.5], tags: ["t": "v"], source: .init(.trace, data: ["trace_id": "tr-1"])),
                EvaluationRecordDraft(inputs: ["q": 2], outputs: .null),
                EvaluationRecordDraft(inputs: [:]),
            ]
            let merged = try await world.evaluationDatasets.merge(drafts, into: id, by: world.caller)
            #expect((merged.inserted, merged.updated) == (3, 0))
            let records = try await world.evaluationDatasets.records(of: id, limit: 10, by: world.caller).items
            #expect(records.map(\.inputs) == drafts.map(\.inputs))
            #expect(records.map(\.outputs) == ["said", .null, nil])
            #expect(records.map(\.expectations) == [["a": 0.5], nil, nil])
            #expect(records.map(\.tags) == [["t": "v"], [:], [:]])
            #expect(records[0].source == .init(.trace, data: ["trace_id": "tr-1"]))
            #expect(records[0].source?.id == "tr-1")
        }
    }

    @Test("merges what is said of the same inputs, across calls and within one", arguments: TestDatabase.allCases)
    func merging(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let sets = world.evaluationDatasets
            _ = try await sets.merge(
                [
                    EvaluationRecordDraft(
                        inputs: ["a": 1, "b": 2], outputs: "old", expectations: ["x": 1, "y": 1], tags: ["t": "1"], source: .init(.human))
                ], into: id, by: world.caller)
            let first = try await sets.records(of: id, limit: 10, by: world.caller).items[0]
            world.clock.advance(.seconds(1))
            let merged = try await sets.merge(
                [
                    EvaluationRecordDraft(inputs: ["b": 2, "a": 1], expectations: ["y": 2], tags: ["u": "2"], source: .init(.code)),
                    EvaluationRecordDraft(inputs: ["a": 1.0, "b": 2]),
                    EvaluationRecordDraft(inputs: ["a": 1, "b": 2], outputs: "new"),
                    EvaluationRecordDraft(inputs: ["a": 1.0, "b": 2], tags: ["only": "once"]),
                ], into: id, by: world.caller)
            #expect((merged.inserted, merged.updated) == (1, 3))
            let records = try await sets.records(of: id, limit: 10, by: world.caller).items
            #expect(records.count == 2)
            #expect((records[0].id, records[0].created, records[0].source) == (first.id, first.created, first.source))
            #expect(records[0].updated > first.updated)
            #expect((records[0].outputs, records[0].expectations) == ("new", ["x": 1, "y": 2]))
            #expect(records[0].tags == ["t": "1", "u": "2"])
            #expect(records[1].tags == ["only": "once"])
        }
    }

    @Test("learns the kinds of fields from the first value of each and counts the records", arguments: TestDatabase.allCases)
    func schema(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let sets = world.evaluationDatasets
            _ = try await sets.merge(
                [
                    EvaluationRecordDraft(
                        inputs: ["n": 1, "f": 1.0, "s": "x", "b": true, "l": [], "o": [:], "z": nil], outputs: "plain",
                        expectations: ["e": 1])
                ], into: id, by: world.caller)
            _ = try await sets.merge(
                [EvaluationRecordDraft(inputs: ["n": "text", "m": 2], outputs: 5, expectations: ["e": 2.5])], into: id, by: world.caller)
            let dataset = try await sets.get(id, by: world.caller)
            #expect(dataset.recordCount == 2)
            #expect(
                dataset.schema?.inputs == [
                    "n": .integer, "f": .float, "s": .string, "b": .boolean, "l": .array, "o": .object, "z": .null, "m": .integer,
                ])
            #expect((dataset.schema?.outputs, dataset.schema?.plainOutput) == ([:], .string))
            #expect(dataset.schema?.expectations == ["e": .integer])
        }
    }

    @Test("has another digest after every change of its records, also within a millisecond", arguments: TestDatabase.allCases)
    func digests(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let sets = world.evaluationDatasets
            var digests = [try await sets.get(id, by: world.caller).digest]
            for number in Int64(0)..<3 {
                _ = try await sets.merge([EvaluationRecordDraft(inputs: ["n": .integer(number)])], into: id, by: world.caller)
                digests.append(try await sets.get(id, by: world.caller).digest)
            }
            let first = try await sets.records(of: id, limit: 1, by: world.caller).items[0]
            #expect(try await sets.deleteRecords([first.id, "dr-none"], of: id, by: world.caller) == 1)
            digests.append(try await sets.get(id, by: world.caller).digest)
            #expect(Set(digests).count == 5)
            #expect(try await sets.deleteRecords([first.id], of: id, by: world.caller) == 0)
            #expect(try await sets.get(id, by: world.caller).digest == digests[4])
            #expect(try await sets.get(id, by: world.caller).recordCount == 2)
        }
    }

    /// SHA-256 of `questions:1700000000000` by `sha256sum`, its first 8 digits.
    @Test("has MLflow's digest of name and time", arguments: TestDatabase.allCases)
    func goldenDigest(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let dataset = try await world.evaluationDatasets.create("questions", by: world.caller)
            #expect((dataset.created.milliseconds, dataset.digest) == (1_700_000_000_000, "c81a0239"))
        }
    }

    @Test("gives 500 records in pages, each once and in their order, whatever one call took", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let drafts = (Int64(0)..<500).map { EvaluationRecordDraft(inputs: ["n": .integer($0)]) }
            _ = try await world.evaluationDatasets.merge(drafts, into: id, by: world.caller)
            var found: [[String: JSONValue]] = []
            var place: String?
            repeat {
                let page = try await world.evaluationDatasets.records(of: id, after: place, limit: 150, by: world.caller)
                found += page.items.map(\.inputs)
                place = page.next
            } while place != nil
            #expect(found == drafts.map(\.inputs))
        }
    }

    @Test("ends a page of large records early, and a record too large is refused with all of its call", arguments: TestDatabase.allCases)
    func sizes(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let sets = world.evaluationDatasets
            func draft(_ number: Int64, bytes: Int) -> EvaluationRecordDraft {
                EvaluationRecordDraft(inputs: ["n": .integer(number), "text": .string(String(repeating: "x", count: bytes))])
            }
            await #expect {
                _ = try await sets.merge([draft(0, bytes: 10), draft(1, bytes: 1 << 20)], into: id, by: world.caller)
            } throws: {
                ($0 as? Problem)?.code == "tracking.evaluation-record.too-large"
            }
            _ = try await sets.merge((Int64(0)..<20).map { draft($0, bytes: 1_000_000) }, into: id, by: world.caller)
            let page = try await sets.records(of: id, limit: 100, by: world.caller)
            #expect(page.items.count == 16)
            #expect(try await sets.records(of: id, after: page.next, limit: 100, by: world.caller).items.count == 4)
        }
    }

    @Test("refuses fields beyond the bound", arguments: TestDatabase.allCases)
    func fields(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let id = try await made(world)
            let many = Dictionary(uniqueKeysWithValues: (0...EvaluationLimit.fields).map { ("f\($0)", JSONValue.null) })
            await #expect {
                _ = try await world.evaluationDatasets.merge([EvaluationRecordDraft(inputs: many)], into: id, by: world.caller)
            } throws: {
                ($0 as? Problem)?.code == "tracking.evaluation-dataset.fields-too-many"
            }
        }
    }
}
