// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Synchronization
import Testing

@Suite("Collection of blobs nobody holds")
struct CollectionTests {
    @Test("deletes what nobody holds and is older than the grace period; a dry run only reports")
    func collect() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let held = try await world.store.put(Array("held".utf8)).digest
        let loose = try await world.store.put(Array("loose".utf8))
        let renewed = try await world.store.put(Array("renewed".utf8)).digest
        world.clock.advance(by: .seconds(3600))
        let young = try await world.store.put(Array("young".utf8)).digest
        try await world.store.put(Array("renewed".utf8))
        world.clock.advance(by: .seconds(1))
        let collection = BlobGarbageCollection(store: world.store, grace: .seconds(3600), clock: world.clock) { _ in [held] }

        let report = try await collection.collect(isDryRun: true)
        #expect(report.count == 1 && report.bytes == 5 && report.digests == [loose.digest] && report.isDryRun)
        #expect(world.blobFiles.count == 4)
        let done = try await collection.collect(isDryRun: false)
        #expect(done.digests == [loose.digest] && !done.isDryRun)
        #expect(try await world.store.info(loose.digest) == nil)
        for digest in [held, renewed, young] { #expect(try await world.store.info(digest) != nil) }
        #expect(try await collection.collect(isDryRun: false).count == 0)
    }

    @Test("keeps a blob that is put again after it was judged")
    func putMeanwhile() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let store = world.store
        let bytes = Array("wanted again".utf8)
        let digest = try await store.put(bytes).digest
        world.clock.advance(by: .seconds(10))
        let collection = BlobGarbageCollection(store: store, grace: .seconds(5), clock: world.clock) { _ in
            // The answer is on its way when the bytes are put again.
            try await store.put(bytes)
            return []
        }
        #expect(try await collection.collect(isDryRun: false).count == 0)
        #expect(try await store.bytes(digest) == bytes)
    }

    @Test("puts and collections at once never lose a blob that was put within the grace period")
    func race() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let store = world.store
        let clock = world.clock
        let bytes = Array("contended".utf8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<200 {
                    let digest = try await store.put(bytes).digest
                    // No time passes for this blob: only its older files are fair game.
                    #expect(try await store.info(digest) != nil)
                }
            }
            group.addTask {
                let collection = BlobGarbageCollection(store: store, grace: .zero, clock: clock) { _ in [] }
                for _ in 0..<200 { _ = try await collection.collect(isDryRun: false) }
            }
            try await group.waitForAll()
        }
        #expect(world.blobFiles.count == 1)
        #expect(world.files(in: "incoming").isEmpty)
    }

    @Test("looks at pages, and asks only about what is old enough")
    func pages() async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        for number in 0..<30 { try await world.store.put(Array("old \(number)".utf8)) }
        world.clock.advance(by: .seconds(2))
        let young = try await world.store.put(Array("young".utf8)).digest
        let asked = Mutex<Set<BlobDigest>>([])
        let collection = BlobGarbageCollection(store: world.store, grace: .seconds(1), clock: world.clock) { digests in
            asked.withLock { $0.formUnion(digests) }
            return []
        }
        #expect(try await collection.collect(isDryRun: false).count == 30)
        #expect(asked.withLock { $0.count == 30 && !$0.contains(young) })
        #expect(try await world.store.list(after: nil, limit: 100).map(\.digest) == [young])
    }
}
