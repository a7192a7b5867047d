// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite("Ledger: appending, order and reading")
struct LedgerSequenceTests {
    struct Refused: Error {}

    @Test("an entry commits with its change or not at all", arguments: TestDatabase.allCases)
    func atomicity(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let (kept, undone) = (ledger.entry(1), ledger.entry(2))
            try await ledger.database.write { try Ledger(transaction: $0).append(kept) }
            await #expect(throws: Refused.self) {
                try await ledger.database.write { transaction in
                    try Ledger(transaction: transaction).append(undone)
                    throw Refused()
                }
            }
            let found = try await ledger.database.read { transaction in
                let reader = LedgerReader(transaction: transaction)
                return (try reader.entry(id: kept.id)?.entry, try reader.entry(id: kept.id)?.seq, try reader.entry(id: undone.id) == nil)
            }
            #expect(found.0 == kept && found.1 == nil && found.2)
        }
    }

    @Test("numbers entries 0, 1, 2 in the order of their ids, over several passes", arguments: TestDatabase.allCases)
    func numbering(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let first = try await ledger.append(700)
            let second = try await ledger.append(3)
            let entries = try await ledger.database.read { try LedgerReader(transaction: $0).entries(limit: 1000) }
            #expect(entries.map(\.seq) == Array(0..<703))
            #expect(entries.map(\.entry) == first + second)
            #expect(try await ledger.sequencer.sequence() == 0)
        }
    }

    @Test("the stored tree is the tree over the entries' canonical bytes", arguments: TestDatabase.allCases)
    func tree(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            var range = CompactRange()
            for count in [1, 254, 1, 1, 300] {
                for entry in try await ledger.append(count) { range.append(MerkleTree.leafHash(of: try entry.canonicalBytes())) }
                let checkpoint = try #require(try await ledger.signer.sign())
                #expect(checkpoint.size == range.size && checkpoint.root == range.root)
            }
        }
    }

    @Test("writers and sequencers of several tasks leave no gap and lose nothing", arguments: TestDatabase.allCases)
    func concurrency(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in 0..<25 {
                            let entry = ledger.entry(writer * 25 + number)
                            try await ledger.database.write { try Ledger(transaction: $0).append(entry) }
                            if number.isMultiple(of: 5) { try await ledger.sequencer.sequence() }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await ledger.sequencer.sequence()
            _ = try await ledger.signer.sign()
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.isSound && report.size == 200 && report.soundSize == 200, "\(report.findings)")
        }
    }

    @Test("a listener that keeps its place sees every entry once, though ids are made out of order", arguments: TestDatabase.allCases)
    func outbox(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let entries = (0..<20).map(ledger.entry)
            var seen: [String] = []
            var place: Int64 = -1
            for index in entries.indices.reversed() {
                try await ledger.database.write { try Ledger(transaction: $0).append(entries[index]) }
                if index.isMultiple(of: 3) { try await ledger.sequencer.sequence() }
                for found in try await ledger.database.read({ [place] in try LedgerReader(transaction: $0).entries(after: place, limit: 2) }
                ) {
                    seen.append(found.entry.id)
                    place = found.seq
                }
            }
            while case let page = try await ledger.database.read({ [place] in
                try LedgerReader(transaction: $0).entries(after: place, limit: 7)
            }),
                let last = page.last
            {
                seen += page.map(\.entry.id)
                place = last.seq
            }
            #expect(Set(seen) == Set(entries.map(\.id)) && seen.count == entries.count)
        }
    }

    @Test("filters by workspace, resource, beginning of resource, verb and actor, in both directions", arguments: TestDatabase.allCases)
    func filters(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let entries = try await ledger.append(60)
            let filters: [(LedgerFilter, (LedgerEntry) -> Bool)] = [
                (LedgerFilter(workspace: "ops"), { $0.workspace == "ops" }),
                (LedgerFilter(resource: "model/flights/4"), { $0.resource == "model/flights/4" }),
                (LedgerFilter(resourcePrefix: "model/flights/4"), { $0.resource.hasPrefix("model/flights/4") }),
                (LedgerFilter(resourcePrefix: "MODEL/"), { _ in false }),
                (LedgerFilter(resourcePrefix: "model%"), { _ in false }),
                (LedgerFilter(verb: "run.finished", actor: "user:amina"), { $0.verb == "run.finished" && $0.actor == "user:amina" }),
            ]
            for (filter, isWanted) in filters {
                let expected = entries.filter(isWanted)
                let (up, down) = try await ledger.database.read { transaction in
                    let reader = LedgerReader(transaction: transaction)
                    return (try reader.entries(limit: 100, where: filter), try reader.latest(limit: 100, where: filter))
                }
                #expect(up.map(\.entry) == expected, "\(filter)")
                #expect(down.map(\.entry) == expected.reversed())
            }
            let page = try await ledger.database.read { try LedgerReader(transaction: $0).latest(before: 10, limit: 3) }
            #expect(page.map(\.seq) == [9, 8, 7])
        }
    }

    @Test("refuses a second entry with the same id", arguments: TestDatabase.allCases)
    func duplicates(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let entry = try await ledger.append(1)[0]
            let violation = await #expect(throws: ConstraintViolation.self) {
                try await ledger.database.write { try Ledger(transaction: $0).append(entry) }
            }
            #expect(violation?.kind == .unique)
        }
    }
}
