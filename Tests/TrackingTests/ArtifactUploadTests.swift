// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct ArtifactUploadTests {
    private let path = ArtifactUploadTests.path("1/r/artifacts/big.bin")

    private static func path(_ text: String) -> ArtifactPath {
        guard let path = try? ArtifactPath(text) else { preconditionFailure("'\(text)' is a path.") }
        return path
    }

    private func send(_ text: String, _ number: Int, of upload: ArtifactUpload, in world: TrackingWorld) async throws -> ArtifactUpload.Part
    {
        try await world.uploads.put(Chunks([Array(text.utf8)]), as: number, of: upload.id, by: world.caller)
    }

    private func complete(_ upload: ArtifactUpload, _ numbers: [Int], in world: TrackingWorld) async throws {
        try await world.uploads.complete(
            upload.id, at: upload.path, numbers.map { ArtifactUpload.PartClaim(number: $0) }, by: world.caller)
    }

    private func content(_ path: ArtifactPath, in world: TrackingWorld) async throws -> String {
        String(decoding: try await bytes(of: try await world.artifacts.open(path, by: world.caller).1), as: UTF8.self)
    }

    private func isHeld(_ digest: BlobDigest, in world: TrackingWorld) async throws -> Bool {
        try await world.governor.database.read { try BlobReferenceTable(transaction: $0).isHeld(digest) }
    }

    @Test("joins parts in the order of their numbers, whatever the order they came in", arguments: TestDatabase.allCases)
    func joins(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let upload = try await world.uploads.begin(at: path, partCount: 3, contentType: "text/plain", by: world.caller)
            let third = try await send("third", 3, of: upload, in: world)
            let wrong = try await send("wrong", 1, of: upload, in: world)
            _ = try await send("first", 1, of: upload, in: world)
            _ = try await send("second", 2, of: upload, in: world)
            #expect(try await world.artifacts.find(path, by: world.caller) == nil)
            try await complete(upload, [2, 1, 3], in: world)
            #expect(try await content(path, in: world) == "firstsecondthird")
            #expect(try await world.artifacts.find(path, by: world.caller)?.contentType == "text/plain")
            #expect(try await isHeld(third.digest, in: world) == false)
            #expect(try await isHeld(wrong.digest, in: world) == false)
            #expect(try await world.verbs() == ["artifact.stored"])
            // Asking again, after an answer that was lost, and giving up afterwards change nothing.
            try await complete(upload, [1, 2, 3], in: world)
            try await world.uploads.abort(upload.id, by: world.caller)
            #expect(try await content(path, in: world) == "firstsecondthird")
            #expect(try await world.verbs() == ["artifact.stored"])
        }
    }

    @Test("takes a single part as it is, and empty ones too", arguments: TestDatabase.allCases)
    func single(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            for text in ["only", ""] {
                let upload = try await world.uploads.begin(at: path, partCount: 1, by: world.caller)
                let part = try await send(text, 1, of: upload, in: world)
                try await world.uploads.complete(
                    upload.id, at: path, [ArtifactUpload.PartClaim(number: 1, digest: part.digest)], by: world.caller)
                #expect(try await content(path, in: world) == text)
                #expect(try await isHeld(part.digest, in: world))
            }
        }
    }

    @Test("completes only with every part, each once, and as it was sent", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let upload = try await world.uploads.begin(at: path, partCount: 2, by: world.caller)
            let first = try await send("a", 1, of: upload, in: world)
            func refusal(_ claims: [ArtifactUpload.PartClaim], at path: ArtifactPath? = nil) async -> String? {
                do {
                    try await world.uploads.complete(upload.id, at: path ?? self.path, claims, by: world.caller)
                    return nil
                } catch { return (error as? Problem)?.code }
            }
            let one = ArtifactUpload.PartClaim(number: 1)
            let two = ArtifactUpload.PartClaim(number: 2)
            #expect(await refusal([one, two]) == "tracking.upload.incomplete")
            _ = try await send("b", 2, of: upload, in: world)
            #expect(await refusal([one]) == "tracking.upload.incomplete")
            #expect(await refusal([one, one, two]) == "tracking.upload.parts")
            #expect(await refusal([one, two, .init(number: 3)]) == "tracking.upload.parts")
            #expect(await refusal([one, .init(number: 2, digest: first.digest)]) == "tracking.upload.part-differs")
            #expect(await refusal([one, two], at: Self.path("1/other")) == "tracking.upload.unknown")
            #expect(await refusal([one, two]) == nil)
            for number in [0, 3, -1] {
                await #expect(throws: Problem.self) { try await send("x", number, of: upload, in: world) }
            }
            for count in [0, -1, 10_001] {
                await #expect(throws: Problem.self) { try await world.uploads.begin(at: path, partCount: count, by: world.caller) }
            }
            await #expect(throws: Problem.self) { try await world.uploads.begin(at: .root, partCount: 1, by: world.caller) }
        }
    }

    @Test("keeps uploads of other workspaces out of reach", arguments: TestDatabase.allCases)
    func workspaces(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let upload = try await world.uploads.begin(at: path, partCount: 1, by: world.caller)
            _ = try await send("a", 1, of: upload, in: world)
            var stranger = world.caller
            stranger.workspace = "other"
            await #expect(throws: Problem.self) {
                try await world.uploads.put(Chunks([[1]]), as: 1, of: upload.id, by: stranger)
            }
            await #expect(throws: Problem.self) {
                try await world.uploads.complete(upload.id, at: path, [.init(number: 1)], by: stranger)
            }
            try await world.uploads.abort(upload.id, by: stranger)
            try await complete(upload, [1], in: world)
        }
    }

    @Test("forgets what was aborted or abandoned, and its parts", arguments: TestDatabase.allCases)
    func abandoned(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let aborted = try await world.uploads.begin(at: path, partCount: 1, by: world.caller)
            let part = try await send("aborted", 1, of: aborted, in: world)
            try await world.uploads.abort(aborted.id, by: world.caller)
            try await world.uploads.abort(aborted.id, by: world.caller)
            #expect(try await isHeld(part.digest, in: world) == false)
            await #expect(throws: Problem.self) { try await complete(aborted, [1], in: world) }

            var digests: [BlobDigest] = []
            for index in 0..<45 {
                let upload = try await world.uploads.begin(at: path, partCount: 2, by: world.caller)
                digests.append(try await send("abandoned \(index)", 1, of: upload, in: world).digest)
            }
            world.clock.advance(.seconds(23 * 3600))
            let fresh = try await world.uploads.begin(at: path, partCount: 1, by: world.caller)
            let kept = try await send("fresh", 1, of: fresh, in: world)
            #expect(try await world.uploads.collectAbandoned() == 0)
            world.clock.advance(.seconds(3601))
            #expect(try await world.uploads.collectAbandoned() == 45)
            for digest in digests { #expect(try await isHeld(digest, in: world) == false) }
            #expect(try await isHeld(kept.digest, in: world))
            try await complete(fresh, [1], in: world)
            #expect(try await content(path, in: world) == "fresh")
        }
    }
}
