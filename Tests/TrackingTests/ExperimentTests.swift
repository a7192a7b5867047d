// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct ExperimentTests {
    @Test("has the experiment 0, Default, from the start", arguments: TestDatabase.allCases)
    func defaultExperiment(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await world.experiments.get(0, by: world.caller)
            #expect(experiment.name == "Default")
            #expect(experiment.location == .stored(try ArtifactPath("0")))
        }
    }

    @Test("numbers experiments without repetition when many are made at once", arguments: TestDatabase.allCases)
    func concurrentNumbers(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<20 { group.addTask { try await world.experiments.create("e\(index)", by: world.caller).id } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ids.sorted() == Array(1...20))
        }
    }

    @Test("keeps a name taken after deletion, and says so", arguments: TestDatabase.allCases)
    func namesStayTaken(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await world.experiments.create("churn", by: world.caller)
            try await world.experiments.delete(experiment.id, by: world.caller)
            let problem = try await #require(throws: Problem.self) { try await world.experiments.create("churn", by: world.caller) }
            #expect(problem.code == "tracking.experiment.exists")
            #expect(problem.what.contains("deleted"))
        }
    }

    @Test("puts runs away with their experiment and brings them back, with an entry each time", arguments: TestDatabase.allCases)
    func runsFollow(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            try await world.experiments.delete(run.experiment, by: world.caller)
            #expect(try await world.runs.get(run.id, by: world.caller).lifecycle == .deleted)
            try await world.experiments.restore(run.experiment, by: world.caller)
            #expect(try await world.runs.get(run.id, by: world.caller).lifecycle == .active)
            #expect(try await world.verbs() == ["experiment.created", "run.created", "experiment.deleted", "experiment.restored"])
        }
    }

    @Test("hides one workspace's experiments and runs from another", arguments: TestDatabase.allCases)
    func workspacesAreApart(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            var stranger = world.caller
            stranger.workspace = "other"
            let other = stranger
            await #expect(throws: Problem.self) { try await world.experiments.get(0, by: other) }
            await #expect(throws: Problem.self) { try await world.runs.get(run.id, by: other) }
            await #expect(throws: Problem.self) { try await world.runs.log(RunBatch(tags: [Tag("a", "b")]), on: run.id, by: other) }
            #expect(try await world.experiments.search("", limit: 10, by: other).items.isEmpty)
            #expect(try await world.runs.search("", in: [run.experiment], limit: 10, by: other).items.isEmpty)
        }
    }
}
