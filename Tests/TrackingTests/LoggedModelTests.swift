// SPDX-License-Identifier: Apache-2.0

import Domain
import TestSupport
import Testing
import Tracking

@Suite struct LoggedModelTests {
    @Test("goes from pending to ready with params, tags and the metrics logged for it", arguments: TestDatabase.allCases)
    func life(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let model = try await world.models.create(
                "scorer", in: run.experiment, type: "tree", run: run.id, params: [Tag("depth", "3")], tags: [], by: world.caller)
            #expect(model.status == .pending)
            #expect(model.location == .stored(try ArtifactPath("\(run.experiment)/models/\(model.id)/artifacts")))
            let now = Timestamp(milliseconds: 1)
            let batch = RunBatch(metrics: [
                Metric("auc", 0.9, time: now, step: 1, model: model.id), Metric("auc", 0.8, time: now, model: model.id),
            ])
            try await world.runs.log(batch, on: run.id, by: world.caller)
            _ = try await world.models.finish(model.id, as: .ready, by: world.caller)
            _ = try await world.models.setTags([Tag("team", "risk")], on: model.id, by: world.caller)
            let found = try await world.models.get(model.id, by: world.caller)
            #expect(found.status == .ready)
            #expect(found.tags == [Tag("team", "risk")])
            #expect(found.metrics.map(\.metric.value) == [0.9])
            try await world.runs.link(models: [RunModel(model: model.id, direction: .output)], to: run.id, by: world.caller)
            #expect(try await world.runs.get(run.id, by: world.caller).models.map(\.model) == [model.id])
            try await world.models.delete(model.id, by: world.caller)
            await #expect(throws: Problem.self) { try await world.models.get(model.id, by: world.caller) }
        }
    }

    @Test("refuses a metric for a model that is not there, with the whole batch", arguments: TestDatabase.allCases)
    func unknownModels(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let batch = RunBatch(metrics: [Metric("auc", 1, time: Timestamp(milliseconds: 1), model: "m-none")])
            await #expect(throws: Problem.self) { try await world.runs.log(batch, on: run.id, by: world.caller) }
            #expect(try await world.runs.get(run.id, by: world.caller).metrics.isEmpty)
        }
    }

    @Test("searches by metric, param and attribute, one row a model also when two runs measured it", arguments: TestDatabase.allCases)
    func search(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let other = try await world.runs.create(in: run.experiment, name: "other", by: world.caller)
            var ids: [String] = []
            for index in 0..<3 {
                let model = try await world.models.create(
                    "m\(index)", in: run.experiment, type: nil, run: run.id, params: [Tag("n", String(index))], tags: [], by: world.caller)
                for id in [run.id, other.id] {
                    let metric = Metric("auc", Double(index), time: Timestamp(milliseconds: 1), model: model.id)
                    try await world.runs.log(RunBatch(metrics: [metric]), on: id, by: world.caller)
                }
                ids.append(model.id)
            }
            let byMetric = SortTerm(SearchSubject(.metric, "auc"), isDescending: true)
            let found = try await world.models.search(
                "metrics.auc > 0", in: [run.experiment], order: [byMetric], limit: 10, by: world.caller)
            #expect(found.items.map(\.id) == [ids[2], ids[1]])
            let named = try await world.models.search("name = 'm0' AND params.n = '0'", in: [run.experiment], limit: 10, by: world.caller)
            #expect(named.items.map(\.id) == [ids[0]])
        }
    }
}
