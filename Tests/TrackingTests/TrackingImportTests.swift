// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing

@testable import Tracking

@Suite struct TrackingImportTests {
    @Test("keeps ids, and gives out new ones after them", arguments: TestDatabase.allCases)
    func ids(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let blob = try await world.put("weights")
            var content = Imported.content()
            content.artifacts = [try Imported.artifact(blob)]
            try await world.store(content)
            let run = try await world.runs.get("run-1", by: world.caller)
            #expect(run.experiment == 42)
            #expect(run.params == [Tag("rate", "0.1")])
            #expect(run.metrics.map(\.value) == [0.25])
            #expect(run.models == [RunModel(model: "m-1", direction: .output, step: 3)])
            #expect(try await world.models.get("m-1", by: world.caller).experiment == 42)
            #expect(try await world.artifacts.find(try ArtifactPath("42/run-1/artifacts/w.bin"), by: world.caller)?.digest == blob.digest)
            #expect(try await world.experiments.create("next", by: world.caller).id == 43)
        }
    }

    @Test("takes names of as many characters as may be given here, however many bytes they are", arguments: TestDatabase.allCases)
    func longNames(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let name = String(repeating: "é", count: 500)
            var content = Imported.content()
            content.experiments[0].name = name
            content.runs[0].content.name = name
            try await world.store(content)
            #expect(try await world.runs.get("run-1", by: world.caller).name == name)
        }
    }

    @Test("changes nothing when the same comes again", arguments: TestDatabase.allCases)
    func repetition(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let blob = try await world.put("weights")
            var content = Imported.content()
            content.artifacts = [try Imported.artifact(blob)]
            try await world.store(content)
            let first = try await world.rows()
            world.clock.advance(.seconds(5))
            try await world.store(content)
            #expect(try await world.rows() == first)
        }
    }

    @Test("takes over what changed at the source", arguments: TestDatabase.allCases)
    func changes(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            try await world.store(Imported.content())
            var content = Imported.content()
            content.runs[0].content.lifecycle = .deleted
            content.runs[0].content.tags = [Tag("note", "late")]
            try await world.store(content)
            let run = try await world.runs.get("run-1", by: world.caller)
            #expect(run.lifecycle == .deleted)
            #expect(run.tags == [Tag("note", "late")])
        }
    }

    @Test("stores a part whole or not at all", arguments: TestDatabase.allCases)
    func atomicity(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            var content = Imported.content()
            content.runs.append(Imported.run("run-2", in: "unknown"))
            let problem = try await world.refusal(of: content)
            #expect(problem.code == "import.experiment.absent")
            #expect(try await world.rows().values.allSatisfy { $0 == 0 })
        }
    }

    @Test("refuses an id that something of another origin has", arguments: TestDatabase.allCases, ["run", "logged-model"])
    func takenIDs(engine: TestDatabase, kind: String) async throws {
        try await TrackingWorld.with(engine) { world in
            try await world.store(Imported.content())
            var content = ImportedTracking()
            content.experiments = [Imported.experiment("7", "another")]
            if kind == "run" {
                content.runs = [Imported.run("run-1", in: "7")]
            } else {
                content.loggedModels = [Imported.model("m-1", in: "7")]
            }
            let problem = try await world.refusal(of: content, from: "elsewhere")
            #expect(problem.code == "import.id.taken")
            #expect(problem.kind == .conflict)
            #expect(problem.what.contains("elsewhere"))
            #expect(problem.fix?.contains("--name") == true)
        }
    }

    @Test("refuses an experiment's name that is taken, and gives another id where only the number is", arguments: TestDatabase.allCases)
    func takenExperiment(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let own = try await world.experiments.create("flights", by: world.caller)
            var content = ImportedTracking()
            content.experiments = [Imported.experiment("42", "flights")]
            let problem = try await world.refusal(of: content)
            #expect(problem.code == "import.experiment.exists")
            content.experiments = [Imported.experiment("\(own.id)", "other flights")]
            content.runs = [Imported.run("run-1", in: "\(own.id)")]
            try await world.store(content)
            let moved = try await world.experiments.named("other flights", by: world.caller)
            #expect(moved.id != own.id)
            #expect(try await world.runs.get("run-1", by: world.caller).experiment == moved.id)
        }
    }

    @Test("takes the first experiments of both sides for one", arguments: TestDatabase.allCases)
    func firstExperiment(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            var content = ImportedTracking()
            content.experiments = [Imported.experiment("0", "Default")]
            content.runs = [Imported.run("run-1", in: "0")]
            try await world.store(content)
            #expect(try await world.runs.get("run-1", by: world.caller).experiment == 0)
        }
    }

    @Test("shows one workspace nothing of another's import, nor lets it take its ids", arguments: TestDatabase.allCases)
    func workspacesAreApart(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            try await world.store(Imported.content())
            let other = Caller.controller("tests", in: "other")
            await #expect(throws: Problem.self) { try await world.runs.get("run-1", by: other) }
            let problem = try await world.refusal(of: Imported.content(), by: other)
            #expect(problem.code == "import.id.taken")
            #expect(try await world.experiments.search("", limit: 10, by: other).items.isEmpty)
        }
    }

    @Test("refuses what belongs to something that did not come with this import", arguments: TestDatabase.allCases)
    func strangers(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let own = try await world.newRun()
            var content = ImportedTracking()
            content.metrics = [(own.id, [Metric("loss", 1, time: Timestamp(milliseconds: 1))])]
            let problem = try await world.refusal(of: content)
            #expect(problem.code == "import.run.absent")
            #expect(try await world.runs.get(own.id, by: world.caller).metrics.isEmpty)
        }
    }

    @Test("refuses ids that are no plain names", arguments: TestDatabase.allCases, ["", "../x", "a b", String(repeating: "a", count: 65)])
    func malformedIDs(engine: TestDatabase, id: String) async throws {
        try await TrackingWorld.with(engine) { world in
            var content = ImportedTracking()
            content.experiments = [Imported.experiment("42", "flights")]
            content.runs = [Imported.run(id, in: "42")]
            let problem = try await world.refusal(of: content)
            #expect(problem.code == "import.value.malformed")
        }
    }
}
