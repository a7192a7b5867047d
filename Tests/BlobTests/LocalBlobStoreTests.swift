// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Testing

@Suite("Local blob store")
struct LocalBlobStoreTests {
    @Test("keeps what every blob store promises")
    func conformance() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("Seed of the blob conformance: \(seed)")
        let world = try await BlobWorld()
        defer { world.remove() }
        try await BlobStoreConformance.check(world.store, seed: seed)
    }

    @Test("keeps one file for the same bytes, with the time of the last put")
    func oneFile() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        try await world.store.put([1, 2, 3])
        world.clock.advance(by: .seconds(60))
        let second = try await world.store.put([1, 2, 3])
        #expect(world.blobFiles.count == 1)
        #expect(second.time == world.clock.now())
        #expect(try await world.store.info(second.digest) == second)
    }

    @Test("reveals no digest and no content to who reads the disk")
    func reveals() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let text = Array("a sentence that must not stand on the disk in the clear".utf8)
        let digest = try await world.store.put(text).digest
        let files = world.files(in: "")
        #expect(files.count == 3, "store.json, lock and the blob")
        for path in files {
            #expect(!path.contains(digest.hexadecimal))
            let content = try #require(FileManager.default.contents(atPath: path))
            #expect(content.range(of: Data(digest.hexadecimal.utf8)) == nil)
            #expect(content.range(of: Data(digest.bytes)) == nil)
            #expect(content.range(of: Data(text)) == nil)
        }
        let path = try #require(world.blobFiles.first)
        let parts = path.split(separator: "/").suffix(3).map(String.init)
        #expect(parts[2].hasPrefix(parts[0] + parts[1]) && parts[2].count == 64)
        #expect(try mode(path) == 0o600)
        #expect(try mode(world.folder + "/blobs/blobs") == 0o700)
    }

    @Test("a put cancelled midway leaves nothing")
    func cancellation() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let store = world.store
        let put = Task { try await store.put(stream, limit: .max) }
        continuation.yield([UInt8](repeating: 1, count: 500_000))
        // Once the file exists the put is under way; the stream stays open, so it cannot end by itself.
        while world.files(in: "incoming").isEmpty { await Task.yield() }
        put.cancel()
        #expect(await problem { _ = try await put.value } == nil)
        #expect(world.files(in: "incoming").isEmpty)
        #expect(world.blobFiles.isEmpty)
    }

    @Test("removes what a crashed put left, and nothing that is being written")
    func leftovers() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let leftover = world.folder + "/blobs/incoming/0123.part"
        #expect(FileManager.default.createFile(atPath: leftover, contents: Data([1])))
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let store = world.store
        async let put = store.put(stream, limit: .max)
        continuation.yield([7])
        while world.files(in: "incoming").count < 2 { await Task.yield() }
        let second = try await LocalBlobStore(folder: world.folder + "/blobs", vault: world.vault)
        #expect(!FileManager.default.fileExists(atPath: leftover))
        continuation.yield([8])
        continuation.finish()
        let digest = try await put.digest
        #expect(try await second.bytes(digest) == [7, 8])
    }

    @Test("refuses a folder made with another key file")
    func foreign() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let other = try KeyFileVault(path: world.folder + "/other.json")
        let refused = await problem { _ = try await LocalBlobStore(folder: world.folder + "/blobs", vault: other) }
        #expect(refused?.code == "blob.store.foreign")
    }

    @Test("follows no link below its folder")
    func links() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let digest = try await world.store.put([1]).digest
        let path = try #require(world.blobFiles.first)
        let moved = world.folder + "/elsewhere"
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: moved)
        #expect(await problem { _ = try await world.store.bytes(digest) }?.code == "blob.storage.linked")

        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.moveItem(atPath: parent, toPath: moved + "-folder")
        try FileManager.default.createSymbolicLink(atPath: parent, withDestinationPath: moved + "-folder")
        #expect(await problem { _ = try await world.store.put([1]) }?.code == "blob.storage.linked")
    }

    @Test("an opened blob stays readable while it is replaced and deleted")
    func replacedWhileRead() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        var generator = SeededGenerator(state: 5)
        let bytes = generator.bytes(1_000_000)
        let digest = try await world.store.put(bytes).digest
        var got: [UInt8] = []
        for try await chunk in try await world.store.get(digest, range: nil).bytes {
            if got.isEmpty {
                try await world.store.put(bytes)
                try await world.store.delete(digest)
            }
            got += chunk
        }
        #expect(got == bytes)
    }

    @Test("prints no secret")
    func redaction() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        var dumped = ""
        dump(world.store, to: &dumped)
        dump(world.vault, to: &dumped)
        for text in ["\(world.store)", "\(world.vault)", String(reflecting: world.vault)] { #expect(text == "<redacted>") }
        #expect(!dumped.contains("nameKey") && !dumped.contains("ring"))
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
