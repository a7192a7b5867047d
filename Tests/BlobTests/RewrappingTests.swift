// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("Key rotation of blobs")
struct RewrappingTests {
    private func contents(_ paths: [String]) throws -> [String: Data] {
        try Dictionary(uniqueKeysWithValues: paths.map { ($0, try Data(contentsOf: URL(fileURLWithPath: $0))) })
    }

    @Test("re-wraps the keys, leaves header, content and time, and passes over what is done")
    func rewrap() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        var infos: [BlobInfo] = []
        for size in [0, 1, 70_000] { infos.append(try await world.store.put([UInt8](repeating: 9, count: size))) }
        let before = try contents(world.blobFiles)
        let old = try await world.vault.currentKeyID
        world.clock.advance(by: .seconds(9))
        let new = try await world.vault.rotate()
        infos.append(try await world.store.put([42]))

        #expect(try await world.store.rewrap() == RewrapReport(rewrapped: 3, current: 1))
        #expect(try await world.store.rewrap() == RewrapReport(rewrapped: 0, current: 4))
        let after = try contents(world.blobFiles)
        for (path, file) in before {
            let changed = try #require(after[path])
            #expect(changed[..<4096] == file[..<4096])
            #expect(changed[12288...] == file[12288...])
            #expect(changed[4096..<12288] != file[4096..<12288])
            #expect(changed.range(of: Data(old.utf8)) == nil, "The old wrapped key is cleared.")
            #expect(changed.range(of: Data(new.utf8)) != nil)
        }
        for info in infos { #expect(try await world.store.info(info.digest) == info) }
        #expect(try await world.store.bytes(infos[2].digest) == [UInt8](repeating: 9, count: 70_000))

        _ = try await world.vault.rotate()
        #expect(try await world.store.rewrap() == RewrapReport(rewrapped: 4, current: 0))
        #expect(try await world.store.bytes(infos[2].digest).count == 70_000)
    }

    @Test("a pass that died at any of its steps leaves a readable blob, and the next pass finishes")
    func crash() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let bytes = Array("survives".utf8)
        let digest = try await world.store.put(bytes).digest
        let path = try #require(world.blobFiles.first)
        let url = URL(fileURLWithPath: path)
        let before = try Data(contentsOf: url)
        _ = try await world.vault.rotate()
        _ = try await world.store.rewrap()
        let after = try Data(contentsOf: url)

        var torn = before
        torn.replaceSubrange(8192..<8192 + 2048, with: after[8192..<8192 + 2048])
        var both = before
        both.replaceSubrange(8192..<12288, with: after[8192..<12288])
        var halfCleared = both
        halfCleared.replaceSubrange(4096..<4096 + 2048, with: Data(count: 2048))
        for (state, expected) in [
            (before, RewrapReport(rewrapped: 1)), (torn, RewrapReport(rewrapped: 1)), (both, RewrapReport(current: 1)),
            (halfCleared, RewrapReport(current: 1)),
        ] {
            try state.write(to: url)
            #expect(try await world.store.bytes(digest) == bytes)
            #expect(try await world.store.rewrap() == expected)
            #expect(try await world.store.bytes(digest) == bytes)
            #expect(try Data(contentsOf: url)[4096..<8192].allSatisfy { $0 == 0 })
        }
    }

    @Test("reads go on while keys are re-wrapped")
    func readsMeanwhile() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let store = world.store
        let bytes = [UInt8](repeating: 3, count: 1000)
        let digest = try await store.put(bytes).digest
        let vault = world.vault
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<20 {
                    _ = try await vault.rotate()
                    #expect(try await store.rewrap().rewrapped == 1)
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<100 {
                        let got = try await store.bytes(digest)
                        #expect(got == bytes)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a vault that has lost the key is not mistaken for an empty store")
    func lostKey() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let digest = try await world.store.put([1]).digest
        let path = world.folder + "/keys.json"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text = text.replacingOccurrences(of: try await world.vault.currentKeyID, with: "k0000")
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let store = try await LocalBlobStore(folder: world.folder + "/blobs", vault: KeyFileVault(path: path))
        #expect(await problem { _ = try await store.bytes(digest) }?.code == "key.unwrap.failed")
        #expect(await problem { _ = try await store.list(after: nil, limit: 10) }?.code == "key.unwrap.failed")
    }
}
