// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Testing

/// What every blob store promises; run it on an empty store.
enum BlobStoreConformance {
    static func check(_ store: some BlobStore, seed: UInt64) async throws {
        try await roundTrips(store, seed: seed)
        try await ranges(store, seed: seed)
        try await absence(store)
        try await sameBytesTwice(store)
        try await limits(store)
        try await listing(store)
        try await concurrentPuts(store, seed: seed)
        try await failedPuts(store)
    }

    static func roundTrips(_ store: some BlobStore, seed: UInt64) async throws {
        var generator = SeededGenerator(state: seed)
        for size in [0, 1, 65535, 65536, 65537, 131_072, 262_144, 262_145, 3_000_000] {
            let bytes = generator.bytes(size)
            let info = try await store.put(Chunks(bytes, using: &generator), limit: Int64(size))
            #expect(info.digest == BlobDigest(sha256: SHA256.hash(data: bytes)), "size \(size), seed \(seed)")
            #expect(info.size == Int64(size))
            #expect(try await store.info(info.digest) == info)
            let content = try await store.get(info.digest, range: nil)
            #expect(content.info == info)
            #expect(content.range == 0..<Int64(size))
            #expect(try await store.bytes(info.digest) == bytes, "size \(size), seed \(seed)")
        }
    }

    static func ranges(_ store: some BlobStore, seed: UInt64) async throws {
        var generator = SeededGenerator(state: seed)
        let edges: [Int64] = [0, 1, 65535, 65536, 65537, 262_143, 262_144, 262_145, 399_999, 400_000]
        for size in [0, 1, 65536, 400_000] {
            let bytes = generator.bytes(size)
            let digest = try await store.put(bytes).digest
            var pairs = edges.flatMap { start in edges.map { (start, $0) } }
            for _ in 0..<100 { pairs.append((.random(in: 0...500_000, using: &generator), .random(in: 0...500_000, using: &generator))) }
            for (start, end) in pairs where start <= end {
                let content = try await store.get(digest, range: start..<end)
                let expected = (start..<end).clamped(to: 0..<Int64(size))
                #expect(content.range == expected)
                let got = try await store.bytes(digest, range: start..<end)
                #expect(
                    got == Array(bytes[Int(expected.lowerBound)..<Int(expected.upperBound)]), "\(start)..<\(end) of \(size), seed \(seed)")
            }
        }
    }

    static func absence(_ store: some BlobStore) async throws {
        let digest = BlobDigest(sha256: SHA256.hash(data: Array("never stored".utf8)))
        #expect(try await store.info(digest) == nil)
        #expect(await problem { _ = try await store.get(digest, range: nil) }?.kind == .notFound)
        try await store.delete(digest)
    }

    static func sameBytesTwice(_ store: some BlobStore) async throws {
        let before = try await all(store).count
        let bytes = Array("stored twice".utf8)
        let first = try await store.put(bytes)
        let second = try await store.put(bytes)
        #expect(first.digest == second.digest)
        #expect(try await all(store).count == before + 1)
        try await store.delete(first.digest)
        #expect(try await store.info(first.digest) == nil)
        #expect(try await all(store).count == before)
    }

    static func limits(_ store: some BlobStore) async throws {
        let before = try await all(store).count
        #expect(try await store.put(Chunks([[1, 2], [3]]), limit: 3).size == 3)
        #expect(await problem { _ = try await store.put(Chunks([[1, 2], [3, 4]]), limit: 3) }?.kind == .tooLarge)
        #expect(try await all(store).count == before + 1)
    }

    static func listing(_ store: some BlobStore) async throws {
        var digests: Set<BlobDigest> = []
        for number in 0..<20 { digests.insert(try await store.put(Array("listed \(number)".utf8)).digest) }
        for page in [1, 3, 1000] {
            var seen: [BlobDigest] = []
            while true {
                let infos = try await store.list(after: seen.last, limit: page)
                #expect(infos.count <= page)
                if infos.isEmpty { break }
                for info in infos { #expect(try await store.info(info.digest) == info) }
                seen += infos.map(\.digest)
            }
            #expect(Set(seen).isSuperset(of: digests))
            #expect(Set(seen).count == seen.count, "No blob is listed twice.")
        }
        #expect(try await store.list(after: nil, limit: 0).isEmpty)
    }

    static func concurrentPuts(_ store: some BlobStore, seed: UInt64) async throws {
        var generator = SeededGenerator(state: seed &+ 1)
        let bytes = generator.bytes(300_000)
        let before = try await all(store).count
        let digests = try await withThrowingTaskGroup(of: BlobDigest.self) { group in
            for _ in 0..<12 { group.addTask { try await store.put(bytes).digest } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        let digest = try #require(digests.first)
        #expect(digests.count == 1)
        #expect(try await all(store).count == before + 1)
        #expect(try await store.bytes(digest) == bytes)
    }

    static func failedPuts(_ store: some BlobStore) async throws {
        let before = try await all(store).count
        let failure = Problem(.unavailable, "test.sender.gone", "The sender is gone.")
        #expect(await problem { _ = try await store.put(Chunks([[1], [2]], failure: failure), limit: .max) } == failure)
        #expect(try await all(store).count == before)
    }

    static func all(_ store: some BlobStore) async throws -> [BlobInfo] {
        try await store.list(after: nil, limit: 10_000)
    }
}
