// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

@Suite struct RegistryTests {
    @Test("numbers versions 1, 2, 3 without gaps under concurrency", arguments: TestDatabase.allCases)
    func numbers(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<24 {
                    group.addTask {
                        try await world.registry.registerVersion(of: index % 2 == 0 ? "churn" : "fraud", NewVersion(), by: world.caller)
                            .number
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.sorted() == (1...12).flatMap { [$0, $0] })
            #expect(try await world.registry.latest("churn", by: world.caller).number == 12)
        }
    }

    @Test("gives no number twice, not even after deletion", arguments: TestDatabase.allCases)
    func numbersAfterDeletion(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            for _ in 0..<2 { _ = try await world.registry.registerVersion(of: "churn", NewVersion(), by: world.caller) }
            try await world.registry.deleteVersion("churn", 2, by: world.caller)
            #expect(try await world.registry.registerVersion(of: "churn", NewVersion(), by: world.caller).number == 3)
            try await world.registry.delete("churn", by: world.caller)
            #expect(try await world.registry.registerVersion(of: "churn", NewVersion(), by: world.caller).number == 4)
            _ = try await world.registry.rename("churn", to: "attrition", by: world.caller)
            #expect(try await world.registry.registerVersion(of: "attrition", NewVersion(), by: world.caller).number == 5)
            #expect(try await world.registry.version("attrition", .number(4), by: world.caller).model == "attrition")
        }
    }

    @Test("pins the files of a version and holds their blobs as long as it lives", arguments: TestDatabase.allCases)
    func files(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            try await world.put("one", "1/r/model/weights.bin")
            try await world.put(RegistryWorld.modelFile, "1/r/model/MLmodel")
            let version = try await world.registry.registerVersion(
                of: "churn", NewVersion(artifacts: try ArtifactPath("1/r/model"), snapshots: ["s1"], codeCommit: "abc"), by: world.caller)
            #expect(version.files.map(\.path) == ["MLmodel", "weights.bin"])
            #expect(version.author == "system:tests")
            #expect(version.signature?["inputs"] == [["name": "x", "type": "double"]])
            let digest = try #require(version.files.last?.digest)
            try await world.put("two", "1/r/model/weights.bin")
            try await world.artifacts.delete(try ArtifactPath("1"), by: world.caller)
            let found = try await world.registry.version("churn", .latest, by: world.caller)
            #expect(found == version)
            let content = try await world.registry.open("weights.bin", of: found, by: world.caller)
            var bytes: [UInt8] = []
            for try await chunk in content.bytes { bytes += chunk }
            #expect(bytes == Array("one".utf8))
            #expect(try await world.isHeld(digest))
            try await world.registry.deleteVersion("churn", 1, by: world.caller)
            #expect(try await !world.isHeld(digest))
        }
    }

    @Test("refuses artifacts that are not there, and a model that is not when told so", arguments: TestDatabase.allCases)
    func unknown(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            await #expect(throws: Problem.self) {
                try await world.registry.registerVersion(of: "churn", NewVersion(artifacts: try ArtifactPath("none")), by: world.caller)
            }
            await #expect(throws: Problem.self) {
                try await world.registry.registerVersion(of: "churn", NewVersion(), createsModel: false, by: world.caller)
            }
            await #expect(throws: Problem.self) { try await world.registry.version("churn", .latest, by: world.caller) }
            let verbs = try await world.verbs()
            #expect(verbs.isEmpty)
        }
    }

    @Test("moves aliases, tells of it, and forgets them with their version", arguments: TestDatabase.allCases)
    func aliases(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            for _ in 0..<2 { _ = try await world.registry.registerVersion(of: "churn", NewVersion(), by: world.caller) }
            try await world.registry.setAlias("champion", of: "churn", to: 1, by: world.caller)
            try await world.registry.setAlias("champion", of: "churn", to: 2, by: world.caller)
            #expect(try await world.registry.version("churn", .alias("champion"), by: world.caller).number == 2)
            #expect(try await world.registry.version("churn", .number(2), by: world.caller).aliases == ["champion"])
            let problem = try await #require(throws: Problem.self) {
                try await world.registry.setAlias("champion", of: "churn", to: 3, by: world.caller)
            }
            #expect(problem.code == "registry.version.unknown")
            try await world.registry.deleteVersion("churn", 2, by: world.caller)
            await #expect(throws: Problem.self) { try await world.registry.version("churn", .alias("champion"), by: world.caller) }
            #expect(
                try await world.verbs() == [
                    "model.created", "version.registered", "version.registered", "alias.set", "alias.set", "version.deleted",
                ])
        }
    }

    @Test("archives what was in an environment before, when asked", arguments: TestDatabase.allCases)
    func stages(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            for _ in 0..<3 { _ = try await world.registry.registerVersion(of: "churn", NewVersion(), by: world.caller) }
            for number in [1, 2] as [Int64] {
                _ = try await world.registry.transition(
                    "churn", number, to: .production, because: "test", by: world.caller)
            }
            let moved = try await world.registry.transition(
                "churn", 3, to: .production, because: "test", replacing: true, by: world.caller)
            #expect(moved.environment == .production)
            let latest = try await world.registry.latest(of: "churn", by: world.caller)
            #expect(latest.map(\.environment) == [.production, .archived])
            #expect(latest.map(\.number) == [3, 2])
        }
    }

    @Test("searches models and versions by name, tag and run, page by page", arguments: TestDatabase.allCases)
    func search(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            for name in ["churn", "fraud", "spam"] {
                _ = try await world.registry.create(name, tags: [Tag("first", String(name.prefix(1)))], by: world.caller)
                for index in 0..<3 {
                    let new = NewVersion(runID: "run-\(index)", source: "s3://bucket/\(name)", tags: [Tag("n", String(index))])
                    _ = try await world.registry.registerVersion(of: name, new, by: world.caller)
                }
            }
            func models(_ filter: String) async throws -> [String] {
                try await world.registry.searchModels(try FilterParser.comparisons(in: filter), limit: 10, by: world.caller).items.map(
                    \.name)
            }
            #expect(try await models("") == ["churn", "fraud", "spam"])
            #expect(try await models("tags.first = 's'") == ["spam"])
            #expect(try await models("name LIKE '%a%'") == ["fraud", "spam"])
            let filter = try FilterParser.comparisons(in: "tags.n != '0' AND name IN ('churn', 'spam') AND source_path LIKE 's3://%'")
            var found: [String] = []
            var token: PageToken?
            repeat {
                let page = try await world.registry.searchVersions(filter, after: token, limit: 3, by: world.caller)
                found += page.items.map(\.resource)
                token = page.next
            } while token != nil
            #expect(Set(found) == ["model/churn/2", "model/churn/3", "model/spam/2", "model/spam/3"])
            #expect(found.count == 4)
            let ofRun = try FilterParser.comparisons(in: "run_id = 'run-1'")
            #expect(try await world.registry.searchVersions(ofRun, limit: 10, by: world.caller).items.count == 3)
        }
    }

    @Test("deletes a model with all that belongs to it", arguments: TestDatabase.allCases)
    func deletion(engine: TestDatabase) async throws {
        try await RegistryWorld.with(engine) { world in
            try await world.put("one", "1/r/x")
            let new = NewVersion(artifacts: try ArtifactPath("1/r"), tags: [Tag("a", "b")])
            _ = try await world.registry.registerVersion(of: "churn", new, by: world.caller)
            try await world.registry.setTag(Tag("a", "b"), on: "churn", by: world.caller)
            try await world.registry.setAlias("champion", of: "churn", to: 1, by: world.caller)
            try await world.registry.delete("churn", by: world.caller)
            await #expect(throws: Problem.self) { try await world.registry.model("churn", by: world.caller) }
            let left = try await world.governor.database.read { transaction in
                try ["registered_model", "registered_model_tag", "model_version", "model_version_tag", "model_version_file", "model_alias"]
                    .map {
                        let count: Int = try transaction.row("SELECT COUNT(*) AS n FROM \($0)")?["n"] ?? -1
                        return count
                    }
            }
            #expect(left == [0, 0, 0, 0, 0, 0])
        }
    }

    @Test("refuses malformed names", arguments: ["", "a/b", "a:b", "..", "a\nb", String(repeating: "x", count: 257)])
    func modelNames(name: String) {
        #expect(throws: Problem.self) { try RegistryName.check(model: name) }
    }

    @Test("refuses aliases that read like versions", arguments: ["", "v1", "V22", "latest", "Latest", "a b", "a/b", "ä"])
    func aliasNames(alias: String) {
        #expect(throws: Problem.self) { try RegistryName.check(alias: alias) }
    }

    @Test("takes ordinary aliases", arguments: ["champion", "v", "v1a", "2024-01", "canary_2"])
    func goodAliases(alias: String) throws {
        try RegistryName.check(alias: alias)
    }
}
