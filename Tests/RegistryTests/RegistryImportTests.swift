// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

@Suite struct RegistryImportTests {
    @Test("keeps numbers, aliases and files, and numbers new versions after them", arguments: TestDatabase.allCases)
    func numbers(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let blob = try await world.blob("weights")
            let item = try await world.imports.begin(from: "there", by: world.caller)
            _ = try await world.imports.store(world.part(files: [blob]), in: item.id, by: world.caller)
            let version = try await world.registry.version("delays", .alias("champion"), by: world.caller)
            #expect(version.number == 7)
            #expect(version.runID == "run-1")
            #expect(version.files.map(\.digest) == [blob.digest])
            #expect(try await world.isHeld(blob.digest))
            #expect(try await world.registry.registerVersion(of: "delays", NewVersion(), by: world.caller).number == 8)
        }
    }

    @Test("notes which run a version came from, so that lineage and retention find it", arguments: TestDatabase.allCases)
    func lineage(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            _ = try await world.imports.store(world.part(), in: item.id, by: world.caller)
            let version = try await world.registry.version("delays", .number(7), by: world.caller)
            let users = try await world.governor.database.read {
                try LineageEdgeTable(transaction: $0, workspace: "default").users(.version, of: .run, "run-1", limit: 10)
            }
            #expect(users == [version.id])
        }
    }

    @Test("changes nothing but the position when the same part comes again", arguments: TestDatabase.allCases)
    func repetition(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            _ = try await world.imports.store(world.part(position: "1"), in: item.id, by: world.caller)
            let first = try await world.registry.version("delays", .number(7), by: world.caller)
            let moved = try await world.imports.store(world.part(position: "2"), in: item.id, by: world.caller)
            #expect(moved.position == "2")
            #expect(try await world.registry.version("delays", .number(7), by: world.caller) == first)
            #expect(try await world.registry.latest("delays", by: world.caller) == first)
        }
    }

    @Test("stores a part with its position whole or not at all, and records the refusal", arguments: TestDatabase.allCases)
    func atomicity(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            var part = world.part()
            part.registry.models[0].aliases.append(ModelAlias(alias: "gone", number: 9))
            let broken = part
            await #expect(throws: Problem.self) { _ = try await world.imports.store(broken, in: item.id, by: world.caller) }
            #expect(try await world.imports.get(item.id, by: world.caller).position == nil)
            await #expect(throws: Problem.self) { try await world.registry.version("delays", .number(7), by: world.caller) }
        }
    }

    @Test("refuses models and versions that something of another origin has", arguments: TestDatabase.allCases)
    func taken(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            for _ in 0..<2 { _ = try await world.registry.registerVersion(of: "delays", NewVersion(), by: world.caller) }
            let item = try await world.imports.begin(from: "there", by: world.caller)
            let conflicts = try await world.imports.conflicts(of: item.id, experiments: [], models: ["delays"], by: world.caller)
            #expect(conflicts == [Imports.Conflict(kind: "model", name: "delays")])
            let problem = try await #require(throws: Problem.self) {
                try await world.imports.store(world.part(), in: item.id, by: world.caller)
            }
            #expect(problem.code == "import.model.exists")
            #expect(problem.fix?.contains("--prefix") == true)
        }
    }

    @Test("refuses a version that was registered here under a number of the source", arguments: TestDatabase.allCases)
    func takenVersion(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            _ = try await world.imports.store(world.part(), in: item.id, by: world.caller)
            _ = try await world.registry.registerVersion(of: "delays", NewVersion(), by: world.caller)
            let problem = try await #require(throws: Problem.self) {
                try await world.imports.store(world.part(number: 8), in: item.id, by: world.caller)
            }
            #expect(problem.code == "import.version.exists")
        }
    }

    @Test("shows an import to no other workspace", arguments: TestDatabase.allCases)
    func workspacesAreApart(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            let other = Caller.controller("tests", in: "other")
            let problem = try await #require(throws: Problem.self) {
                try await world.imports.store(world.part(), in: item.id, by: other)
            }
            #expect(problem.code == "import.unknown")
            #expect(try await world.imports.list(after: nil, limit: 10, by: other).isEmpty)
        }
    }

    @Test("lets nobody import who may not, and records that", arguments: TestDatabase.allCases)
    func permission(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            let principal = Principal(name: "amina", kind: .user)
            let editor = Caller(session: Session(principal: principal, tokenID: nil, roles: ["default": [.editor]]), workspace: "default")
            await #expect(throws: Problem.self) { try await world.imports.store(world.part(), in: item.id, by: editor) }
            let problem = try await #require(throws: Problem.self) { try await world.imports.begin(from: "there", by: editor) }
            #expect(problem.kind == .forbidden)
            let refused = try await world.governor.database.read {
                try $0.rows("SELECT actor FROM ledger_entry WHERE verb = 'request.refused' AND outcome = 'denied'").count
            }
            #expect(refused >= 1)
        }
    }

    @Test("goes on while it runs, begins anew once it has finished", arguments: TestDatabase.allCases)
    func states(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let item = try await world.imports.begin(from: "there", by: world.caller)
            _ = try await world.imports.store(world.part(position: "5"), in: item.id, by: world.caller)
            #expect(try await world.imports.begin(from: "there", by: world.caller).position == "5")
            _ = try await world.imports.finish(item.id, by: world.caller)
            let problem = try await #require(throws: Problem.self) {
                try await world.imports.store(world.part(), in: item.id, by: world.caller)
            }
            #expect(problem.code == "import.finished")
            let again = try await world.imports.begin(from: "there", by: world.caller)
            #expect((again.id, again.position) == (item.id, nil))
        }
    }
}

extension RegistryWorld {
    var imports: Imports { Imports(governor: governor, blobs: blobs) }

    func blob(_ text: String) async throws -> BlobInfo {
        let bytes = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(Array(text.utf8))
            continuation.finish()
        }
        return try await blobs.put(bytes, limit: 1 << 20)
    }

    /// A model with one version that is its champion.
    func part(number: Int64 = 7, files: [BlobInfo] = [], position: String = "1") -> Imports.Part {
        let time = Timestamp(milliseconds: 1_600_000_000_000)
        var part = Imports.Part(position: position, digest: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)))
        var model = RegisteredModel(name: "delays", description: "Late flights", author: "amina", created: time, updated: time)
        model.aliases = [ModelAlias(alias: "champion", number: number)]
        var version = ModelVersion(id: "", model: "delays", number: number, author: "amina", created: time, updated: time)
        version.runID = "run-1"
        version.files = files.map { VersionFile(path: "w.bin", digest: $0.digest, size: $0.size) }
        part.registry.models = [model]
        part.registry.versions = [ImportedVersion(version: version, artifacts: nil)]
        return part
    }
}
