// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct ArtifactTests {
    private func put(_ text: String, _ path: String, in world: TrackingWorld) async throws {
        _ = try await world.artifacts.put(Chunks([Array(text.utf8)]), at: try ArtifactPath(path), by: world.caller)
    }

    private func listing(_ path: String, in world: TrackingWorld) async throws -> [String] {
        try await world.artifacts.list(try ArtifactPath(path), by: world.caller).entries.map { entry in
            if case .folder(let path) = entry { path.text + "/" } else { entry.path.text }
        }
    }

    @Test("stores, lists level by level, reads ranges and deletes", arguments: TestDatabase.allCases)
    func life(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            for path in ["1/r/model/a.bin", "1/r/model/deep/er/b.bin", "1/r/note.txt"] {
                try await put("bytes of \(path)", path, in: world)
            }
            #expect(try await listing("", in: world) == ["1/"])
            #expect(try await listing("1/r", in: world) == ["1/r/model/", "1/r/note.txt"])
            #expect(try await listing("1/r/model", in: world) == ["1/r/model/a.bin", "1/r/model/deep/"])
            #expect(try await listing("1/none", in: world) == [])
            let (artifact, content) = try await world.artifacts.open(try ArtifactPath("1/r/note.txt"), range: 6..<8, by: world.caller)
            #expect(try await bytes(of: content) == Array("of".utf8))
            #expect(artifact.size == 21)
            try await world.artifacts.delete(try ArtifactPath("1/r/model"), by: world.caller)
            #expect(try await listing("1/r", in: world) == ["1/r/note.txt"])
            try await world.artifacts.delete(try ArtifactPath("1/r/note.txt"), by: world.caller)
            #expect(try await listing("", in: world) == [])
            await #expect(throws: Problem.self) { try await world.artifacts.delete(try ArtifactPath("1"), by: world.caller) }
        }
    }

    @Test("holds the blob a path names now, and no other", arguments: TestDatabase.allCases)
    func references(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            func isHeld(_ text: String) async throws -> Bool {
                let digest = try await world.put(text).digest
                return try await world.governor.database.read { try BlobReferenceTable(transaction: $0).isHeld(digest) }
            }
            try await put("one", "a/x", in: world)
            try await put("one", "b/x", in: world)
            try await put("two", "a/x", in: world)
            #expect(try await isHeld("one"))
            #expect(try await isHeld("two"))
            try await world.artifacts.delete(try ArtifactPath("b"), by: world.caller)
            #expect(try await isHeld("one") == false)
        }
    }

    @Test("lets nothing be both file and folder", arguments: TestDatabase.allCases)
    func clashes(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            try await put("x", "a/b", in: world)
            await #expect(throws: Problem.self) { try await put("x", "a/b/c", in: world) }
            await #expect(throws: Problem.self) { try await put("x", "a", in: world) }
            #expect(try await listing("a", in: world) == ["a/b"])
        }
    }

    @Test("pages a folder", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            for index in 0..<5 {
                try await put("x", "f/file\(index)", in: world)
                try await put("x", "f/folder\(index)/x", in: world)
            }
            var names: [String] = []
            var after: String?
            repeat {
                let (entries, next) = try await world.artifacts.list(try ArtifactPath("f"), after: after, limit: 3, by: world.caller)
                names += entries.compactMap(\.path.name)
                after = next
            } while after != nil
            #expect(names == (0..<5).map { "file\($0)" } + (0..<5).map { "folder\($0)" })
        }
    }

    @Test("refuses paths that lead elsewhere", arguments: ["..", "a/../b", "/a", "a//b", "a/", ".", "a/./b", "a\\b", "a\0b", "a\nb"])
    func paths(text: String) {
        #expect(throws: Problem.self) { try ArtifactPath(text) }
    }

    @Test("refuses a path beyond its bounds")
    func bounds() {
        #expect(throws: Problem.self) { try ArtifactPath(Array(repeating: "a", count: 65)) }
        #expect(throws: Problem.self) { try ArtifactPath([String(repeating: "a", count: 1025)]) }
        #expect(throws: Problem.self) { try ArtifactPath(Array(repeating: String(repeating: "a", count: 900), count: 3)) }
    }
}
