// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("Predictions outside the database")
struct PredictionArchiveTests {
    private static let day = Duration.seconds(86_400)

    /// An old request of 90 rows and a young one, logged, with the archive set to 30 days.
    private func archived(_ world: World) async throws -> (old: InferenceAnswer, young: InferenceAnswer) {
        let expected = try Fixtures.expected()
        world.onlyFirst()
        world.configure(EndpointSettings(log: .init(outputs: true)))
        let now = world.clock.now()
        let old = try await world.infer(.init(inputs: [expected.features()], time: now - Self.day * 31))
        let young = try await world.infer(.init(inputs: [expected.features()], time: now - Self.day * 29))
        await world.log.flush()
        _ = try await EndpointConfiguration(governor: world.governor).set(
            EndpointSettings(log: .init(archive: 30)), of: World.endpoint.name, by: world.caller)
        return (old, young)
    }

    private func stored(_ world: World, in table: String) async throws -> Int {
        try await world.database.read { try $0.row("SELECT COUNT(*) AS rows FROM \(table)")?["rows"] ?? 0 }
    }

    @Test("older predictions move to a file and are found there, equal, with labels that come later", arguments: TestDatabase.allCases)
    func moving(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (old, young) = try await archived(world)
            let endpoints = Endpoints(governor: world.governor, archive: world.archive)
            let before = try await endpoints.prediction("\(old.id).7", by: world.caller).prediction
            try await world.archive.enforce()
            #expect(try await world.logged(old, rows: 90).isEmpty)
            #expect(try await world.logged(young, rows: 90).count == 90)
            #expect(try await stored(world, in: "prediction_segment") == 1)
            _ = try await Labels(governor: world.governor).record(
                [.init(predictionID: "\(old.id).7", value: 1)], for: World.endpoint.name, by: world.caller)
            let after = try await endpoints.prediction("\(old.id).7", by: world.caller)
            #expect(after.prediction == before)
            #expect(before.outputs != nil)
            #expect(after.label == 1)
            await #expect(throws: Problem.self) { _ = try await endpoints.prediction("\(old.id).90", by: world.caller) }
            // Nothing is left to move.
            try await world.archive.enforce()
            #expect(try await stored(world, in: "prediction_segment") == 1)
        }
    }

    @Test("an export has the rows of both places, each once, with its label", arguments: TestDatabase.allCases)
    func exporting(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (old, young) = try await archived(world)
            try await world.archive.enforce()
            _ = try await Labels(governor: world.governor).record(
                [old, young].map { .init(predictionID: "\($0.id).3", value: 1) }, for: World.endpoint.name, by: world.caller)
            let now = world.clock.now()
            var labels: [String: Double?] = [:]
            var count = 0
            try await world.archive.forEach(
                of: World.endpoint.name, from: now - Self.day * 60, to: now, by: world.caller
            ) { rows in
                count += rows.count
                for (prediction, label) in rows { labels[prediction.id] = label }
            }
            let expected = Set([old, young].flatMap { answer in (0..<90).map { "\(answer.id).\($0)" } })
            #expect(Set(labels.keys) == expected)
            #expect(count == expected.count)
            #expect(Set(labels.filter { $0.value != nil }.keys) == ["\(old.id).3", "\(young.id).3"])
        }
    }

    @Test("readers of the table are told of the archive, until the rows are back", arguments: TestDatabase.allCases)
    func restoring(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (old, _) = try await archived(world)
            let before = try await world.logged(old, rows: 90)
            try await world.archive.enforce()
            let (start, end) = (world.clock.now() - Self.day * 32, world.clock.now() - Self.day * 30)
            func require() async throws {
                try await world.database.read {
                    try PredictionSegmentTable(transaction: $0).requireNone(of: World.endpoint.name, in: "default", from: start, to: end)
                }
            }
            let problem = await #expect(throws: Problem.self) { try await require() }
            #expect(problem?.code == "serving.window.archived")
            #expect(try await world.archive.restore(World.endpoint.name, from: start, to: end, by: world.caller) == 90)
            try await require()
            #expect(try await world.logged(old, rows: 90) == before)
            #expect(try await stored(world, in: "blob_reference") == 0)
            #expect(try await world.archive.restore(World.endpoint.name, from: start, to: end, by: world.caller) == 0)
        }
    }

    @Test("a file goes when its rows are older than the endpoint keeps them, with their labels", arguments: TestDatabase.allCases)
    func deleting(_ engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (old, young) = try await archived(world)
            try await world.archive.enforce()
            _ = try await Labels(governor: world.governor).record(
                [old, young].map { .init(predictionID: "\($0.id).3", value: 1) }, for: World.endpoint.name, by: world.caller)
            _ = try await EndpointConfiguration(governor: world.governor).set(
                EndpointSettings(log: .init(days: 30)), of: World.endpoint.name, by: world.caller)
            try await PredictionRetention(governor: world.governor, archive: world.archive).enforce()
            #expect(try await stored(world, in: "prediction_segment") == 0)
            #expect(try await stored(world, in: "blob_reference") == 0)
            #expect(try await stored(world, in: "label") == 1)
        }
    }

    @Test("an endpoint in a rollout keeps its rows in the table, which its evidence is read from")
    func waiting() async throws {
        try await World.with { world in
            let (old, _) = try await archived(world)
            try await PredictionArchive(governor: world.governor, blobs: world.blobs, isInRollout: { _, _ in true }).enforce()
            #expect(try await world.logged(old, rows: 90).count == 90)
        }
    }
}
