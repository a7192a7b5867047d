// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import TestSupport
import Testing

@Suite("Blob references")
struct BlobReferenceTests {
    private func digest(_ text: String) -> BlobDigest {
        BlobDigest(sha256: SHA256.hash(data: Array(text.utf8)))
    }

    @Test("holds until every holder has released", arguments: TestDatabase.allCases)
    func holders(engine: TestDatabase) async throws {
        let one = digest("one")
        let two = digest("two")
        try await engine.withDatabase([BlobMigrations.list]) { database in
            try await database.write { transaction in
                let table = BlobReferenceTable(transaction: transaction)
                #expect(try !table.isHeld(one))
                try table.hold(one, by: "run/1")
                try table.hold(one, by: "run/1")
                try table.hold(one, by: "run/2")
                try table.hold(two, by: "run/2")
                try table.release(one, by: "run/1")
                try table.release(one, by: "nobody")
                #expect(try table.isHeld(one))
                try table.release(by: "run/2")
                #expect(try !table.isHeld(one))
                #expect(try !table.isHeld(two))
            }
        }
    }

    @Test("finds the held ones among more digests than one statement takes", arguments: TestDatabase.allCases)
    func among(engine: TestDatabase) async throws {
        let digests = (0..<1201).map { digest("\($0)") }
        try await engine.withDatabase([BlobMigrations.list]) { database in
            try await database.write { transaction in
                let table = BlobReferenceTable(transaction: transaction)
                for index in [0, 499, 500, 999, 1000, 1200] { try table.hold(digests[index], by: "test") }
            }
            let held = try await database.read { try BlobReferenceTable(transaction: $0).held(among: digests) }
            #expect(held == Set([0, 499, 500, 999, 1000, 1200].map { digests[$0] }))
            let none = try await database.read { try BlobReferenceTable(transaction: $0).held(among: []) }
            #expect(none.isEmpty)
        }
    }

    @Test("a collection over the database keeps what is held and deletes what was released", arguments: TestDatabase.allCases)
    func collection(engine: TestDatabase) async throws {
        let world = try await BlobWorld()
        defer { world.remove() }
        let store = world.store
        let clock = world.clock
        let kept = try await store.put([1]).digest
        let released = try await store.put([2]).digest
        try await engine.withDatabase([BlobMigrations.list]) { database in
            try await database.write { transaction in
                let table = BlobReferenceTable(transaction: transaction)
                try table.hold(kept, by: "run/1")
                try table.hold(released, by: "run/1")
                try table.release(released, by: "run/1")
            }
            clock.advance(by: .seconds(2))
            let collection = BlobGarbageCollection(store: store, database: database, grace: .seconds(1), clock: clock)
            #expect(try await collection.collect(isDryRun: false).digests == [released])
            #expect(try await store.list(after: nil, limit: 10).map(\.digest) == [kept])
        }
    }
}
