// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

/// What retention never removes.
@Suite struct RetentionProtectionTests {
    /// What may hold a run.
    enum Reason: String, CaseIterable, Sendable { case version, loggedModelOfVersion, gateReport, tag, experimentTag }

    @Test(
        "keeps what is referred to or held, also in an experiment that goes",
        arguments: TestDatabase.allCases, Reason.allCases)
    func protection(engine: TestDatabase, reason: Reason) async throws {
        try await RetentionWorld.with(engine) { world in
            let group = try await world.experiments.create("old", by: world.caller)
            let (run, free) = (try await world.run(in: group.id), try await world.run(in: group.id))
            try await world.protect(run, because: reason)
            try await world.experiments.delete(group.id, by: world.caller)
            try await world.keep(deleted: 1, unreferred: 1)
            world.clock.pass(days: 2)
            let report = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(report[.purgeRuns].ids == (reason == .experimentTag ? [] : [free.id]))
            #expect(try await world.exists(run))
            #expect(report[.purgeExperiments].count == 0)
            #expect(try await world.count("artifact", "folder LIKE '%\(run.id)%'") == 1)
        }
    }

    @Test("puts away no run that is referred to, held, or still going on", arguments: TestDatabase.allCases)
    func unreferred(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let free = try await world.run(in: 0)
            for reason in [Reason.version, .loggedModelOfVersion, .gateReport, .tag] {
                try await world.protect(try await world.run(in: 0), because: reason)
            }
            _ = try await world.runs.create(in: 0, name: "going on", by: world.caller)
            world.clock.pass(days: 9)
            _ = try await world.run(in: 0)
            try await world.keep(unreferred: 7)
            let report = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(report[.putRunsAway].ids == [free.id])
            #expect(try await world.runs.get(free.id, by: world.caller).lifecycle == .deleted)
            try await world.runs.restore(free.id, by: world.caller)
        }
    }

    @Test("keeps a version's files when its run has gone", arguments: TestDatabase.allCases)
    func versions(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let run = try await world.run(in: 0)
            let folder = try ArtifactPath("0/\(run.id)/artifacts")
            let version = try await world.registry.registerVersion(of: "delays", NewVersion(artifacts: folder), by: world.caller)
            try await world.runs.delete(run.id, by: world.caller)
            try await world.keep(deleted: 0)
            // The version names files, not the run.
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller)[.purgeRuns].count == 1)
            world.clock.pass(days: 2)
            let collection = BlobGarbageCollection(
                store: world.blobs, database: world.governor.database, grace: .seconds(60), clock: world.clock)
            _ = try await collection.collect(isDryRun: false)
            _ = try await world.registry.open("file.txt", of: version, by: world.caller)
        }
    }

    @Test("keeps traces and logged models that are held", arguments: TestDatabase.allCases)
    func others(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let hold = [Tag(RetentionPolicy.holdTag, "case 7")]
            let group = try await world.experiments.create("old", by: world.caller)
            try await world.trace("t-1", in: group.id, tags: hold)
            try await world.trace("t-2", in: group.id)
            let held = try await world.models.create("a", in: group.id, type: nil, run: nil, params: [], tags: hold, by: world.caller)
            let free = try await world.models.create("b", in: group.id, type: nil, run: nil, params: [], tags: [], by: world.caller)
            try await world.experiments.delete(group.id, by: world.caller)
            try await world.keep(deleted: 1, traces: 1)
            world.clock.pass(days: 2)
            let report = try await world.retention.pass(isDryRun: false, by: world.caller)
            #expect(report[.deleteTraces].ids == ["t-2"])
            #expect(report[.purgeLoggedModels].ids == [free.id])
            #expect(report[.purgeExperiments].count == 0)
            #expect(try await world.count("logged_model", "id = '\(held.id)'") == 1)
        }
    }

    @Test("lets an import bring again what was purged", arguments: TestDatabase.allCases)
    func imported(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let imports = Imports(governor: world.governor, blobs: world.blobs)
            let item = try await imports.begin(from: "there", by: world.caller)
            let part = try world.importedPart()
            _ = try await imports.store(part, in: item.id, by: world.caller)
            try await world.runs.delete("run-1", by: world.caller)
            try await world.keep(deleted: 0)
            #expect(try await world.retention.pass(isDryRun: false, by: world.caller)[.purgeRuns].ids == ["run-1"])
            _ = try await imports.store(part, in: item.id, by: world.caller)
            #expect(try await world.runs.get("run-1", by: world.caller).lifecycle == .active)
        }
    }
}

extension RetentionWorld {
    fileprivate func protect(_ run: Run, because reason: RetentionProtectionTests.Reason) async throws {
        switch reason {
        case .version: _ = try await registry.registerVersion(of: "delays", NewVersion(runID: run.id), by: caller)
        case .loggedModelOfVersion:
            let model = try await models.create(
                "net", in: run.experiment, type: nil, run: run.id, params: [], tags: [], by: caller)
            _ = try await registry.registerVersion(of: "delays", NewVersion(loggedModelID: model.id), by: caller)
        case .gateReport:
            try await governor.database.write { transaction in
                try LineageEdgeTable(transaction: transaction, workspace: "default").insert([
                    LineageEdge(from: .run, run.id, to: .gateReport, "g-1")
                ])
            }
        case .tag: try await runs.log(RunBatch(tags: [Tag(RetentionPolicy.holdTag, "yes")]), on: run.id, by: caller)
        case .experimentTag: try await experiments.setTag(Tag(RetentionPolicy.holdTag, "yes"), on: run.experiment, by: caller)
        }
    }

    fileprivate func importedPart() throws -> Imports.Part {
        let time = clock.now()
        var part = Imports.Part(position: "1", digest: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)))
        part.tracking.experiments = [
            ImportedExperiment(origin: "7", name: "moved", place: nil, lifecycle: .active, created: time, updated: time, tags: [])
        ]
        let run = Run(
            id: "run-1", experiment: 0, name: "run", author: "amina", status: .finished, started: time, ended: time, lifecycle: .active,
            location: .stored(.root), params: [Tag("a", "b")])
        part.tracking.runs = [ImportedMember(experiment: "7", place: nil, content: run)]
        return part
    }
}
