// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

@Suite struct RetentionTests {
    @Test("purges a run with all it logged once its days are over, and not before", arguments: TestDatabase.allCases)
    func purge(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let (old, kept) = (try await world.run(in: 0), try await world.run(in: 0, "others"))
            try await world.keep(deleted: 30)
            try await world.runs.delete(old.id, by: world.caller)
            world.clock.pass(days: 29)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller).lines.isEmpty)
            world.clock.pass(days: 1)
            let report = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(report[.purgeRuns].ids == [old.id])
            #expect(report[.purgeRuns].bytes == 5)
            #expect(try await !world.exists(old))
            for table in ["metric", "latest_metric", "param"] { #expect(try await world.count(table) == 1) }
            #expect(try await world.count("artifact") == 1)
            #expect(try await world.count("blob_reference") == 1)
            #expect(try await world.count("purged") == 0)
            #expect(try await world.exists(kept))
        }
    }

    @Test("lets the blobs of purged runs go with the next collection", arguments: TestDatabase.allCases)
    func blobs(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            try await world.keep(deleted: 0)
            try await world.runs.delete(run.id, by: world.caller)
            world.clock.pass(days: 2)
            let collection = BlobGarbageCollection(
                store: world.blobs, database: world.governor.database, grace: .seconds(86_400), clock: world.clock)
            #expect(try await collection.collect(isDryRun: false).count == 0)
            _ = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(try await collection.collect(isDryRun: false).bytes == 5)
        }
    }

    @Test("tells in a dry run what the pass then does, and changes nothing", arguments: TestDatabase.allCases)
    func dryRun(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let group = try await world.experiments.create("old", by: world.caller)
            for _ in 0..<3 { _ = try await world.run(in: group.id) }
            let other = try await world.experiments.create("other", by: world.caller)
            let deleted = try await world.run(in: other.id)
            _ = try await world.run(in: other.id)
            try await world.runs.delete(deleted.id, by: world.caller)
            _ = try await world.models.create("net", in: group.id, type: nil, run: nil, params: [], tags: [], by: world.caller)
            try await world.experiments.delete(group.id, by: world.caller)
            try await world.keep(deleted: 7, unreferred: 7, traces: 7)
            world.clock.pass(days: 8)
            let before = try await world.count("ledger_entry")
            var dry = try await world.retention.pass(isDryRun: true, by: world.caller)
            #expect(try await world.count("ledger_entry") == before)
            #expect(try await world.count("run") == 5)
            let wet = try await world.retention.pass(isDryRun: false, by: world.caller)
            dry.isDryRun = false
            #expect(wet == dry)
            #expect(wet.lines.map(\.action) == [.putRunsAway, .purgeRuns, .purgeLoggedModels, .purgeExperiments])
            #expect(wet.lines.map(\.count) == [1, 4, 1, 1])
            #expect(try await world.count("experiment", "id = \(group.id)") == 0)
            #expect(try await world.count("run") == 1)
        }
    }

    @Test("does nothing without a policy, and lets an experiment's own replace that of the workspace", arguments: TestDatabase.allCases)
    func scopes(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let own = try await world.experiments.create("own", by: world.caller)
            let (first, second) = (try await world.run(in: 0), try await world.run(in: own.id))
            for run in [first, second] { try await world.runs.delete(run.id, by: world.caller) }
            world.clock.pass(days: 10)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller).lines.isEmpty)
            try await world.keep(deleted: 5)
            try await world.keep(own.id, deleted: 50)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller)[.purgeRuns].ids == [first.id])
            #expect(try await world.exists(second))
        }
    }

    @Test("keeps to its workspace", arguments: TestDatabase.allCases)
    func workspacesAreApart(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            try await world.runs.delete(run.id, by: world.caller)
            world.clock.pass(days: 10)
            let other = Caller.controller("tests", in: "other")
            _ = try await world.retention.set(RetentionPolicy(deletedDays: 0), by: other)
            #expect(try await world.retention.pass(isDryRun: false, by: other).lines.isEmpty)
            #expect(try await world.exists(run))
            await #expect(throws: Problem.self) {
                try await world.retention.set(RetentionPolicy(experiment: 0, deletedDays: 0), by: other)
            }
        }
    }

    @Test("begins the days of what was put away nobody knows when with the first pass", arguments: TestDatabase.allCases)
    func unknownTimes(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            try await world.runs.delete(run.id, by: world.caller)
            try await world.governor.database.write { _ = try $0.execute("UPDATE run SET deleted = NULL") }
            world.clock.pass(days: 100)
            try await world.keep(deleted: 30)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller).lines.isEmpty)
            world.clock.pass(days: 30)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller)[.purgeRuns].count == 1)
        }
    }

    @Test("counts anew for what was restored and put away again", arguments: TestDatabase.allCases)
    func restored(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            try await world.keep(deleted: 30)
            try await world.runs.delete(run.id, by: world.caller)
            world.clock.pass(days: 20)
            try await world.runs.restore(run.id, by: world.caller)
            world.clock.pass(days: 20)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller).lines.isEmpty)
            try await world.runs.delete(run.id, by: world.caller)
            world.clock.pass(days: 29)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller).lines.isEmpty)
        }
    }

    @Test("deletes traces that are old enough", arguments: TestDatabase.allCases)
    func traces(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            try await world.trace("t-1")
            world.clock.pass(days: 10)
            try await world.trace("t-2")
            try await world.keep(traces: 5)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller)[.deleteTraces].ids == ["t-1"])
            #expect(try await world.count("trace", "lifecycle = 'active'") == 1)
        }
    }

    @Test("leaves one entry a batch with the count and the digest of the ids", arguments: TestDatabase.allCases)
    func ledger(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            var ids: [String] = []
            for _ in 0..<(RetentionPass.batch + 1) { ids.append(try await world.runs.create(in: 0, name: "r", by: world.caller).id) }
            let group = try await world.experiments.get(0, by: world.caller)
            try await world.experiments.delete(group.id, by: world.caller)
            try await world.keep(deleted: 1)
            world.clock.pass(days: 1)
            _ = try await world.retention.pass(isDryRun: false, by: world.caller)
            let entries = try await world.entries("retention.purged")
            #expect(entries.map { $0["count"]?.integer } == [200, 1])
            #expect(entries.flatMap { $0["ids"]?.array ?? [] }.compactMap(\.text) == ids.sorted())
            #expect(entries.allSatisfy { $0["digest"]?.text?.hasPrefix("sha256:") == true })
            // The installation's first experiment is for ever.
            #expect(try await world.count("experiment", "id = 0") == 1)
        }
    }

    @Test("takes up what an interrupted pass left to be freed", arguments: TestDatabase.allCases)
    func interrupted(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            try await world.runs.delete(run.id, by: world.caller)
            try await world.governor.database.write { transaction in
                let table = RetiredTable(
                    transaction: transaction, workspace: "default", experiment: 0, runUsers: ModelVersionTable.ofRun,
                    modelUsers: ModelVersionTable.ofLoggedModel)
                try Purge(transaction: transaction, workspace: "default").runs(
                    try table.runs(putAwayBy: world.clock.now(), after: "", limit: 10))
            }
            #expect(try await world.count("metric") == 1)
            _ = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(try await world.count("metric") == 0)
            #expect(try await world.count("artifact") == 0)
            #expect(try await world.entries("retention.freed").map { $0["bytes"]?.integer } == [5])
        }
    }

    @Test("is for those who may manage it, and refuses policies that say nothing", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let principal = Principal(name: "amina", kind: .user)
            let editor = Caller(session: Session(principal: principal, tokenID: nil, roles: ["default": [.editor]]), workspace: "default")
            for body in [
                { _ = try await world.retention.set(RetentionPolicy(deletedDays: 1), by: editor) },
                { _ = try await world.retention.pass(isDryRun: true, by: editor) },
            ] as [@Sendable () async throws -> Void] {
                #expect(try await #require(throws: Problem.self) { try await body() }.kind == .forbidden)
            }
            #expect(try await world.retention.policies(by: editor).isEmpty)
            for policy in [RetentionPolicy(), RetentionPolicy(deletedDays: -1), RetentionPolicy(traceDays: 40_000)] {
                let problem = try await #require(throws: Problem.self) { try await world.retention.set(policy, by: world.caller) }
                #expect(problem.code == "retention.policy.malformed")
            }
        }
    }
}

extension RetentionWorld {
    func trace(_ id: String, in experiment: Int64 = 0, tags: [Tracking.Tag] = []) async throws {
        var trace = Trace(id: id, experiment: experiment, state: .ok, started: clock.now(), duration: 5)
        trace.tags = tags
        _ = try await traces.start(trace, by: caller)
    }
}
