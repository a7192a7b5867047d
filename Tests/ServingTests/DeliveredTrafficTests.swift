// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("Traffic as Delivery's tables have it")
struct DeliveredTrafficTests {
    @Test("gives each endpoint's current split once, and again only when it changed", arguments: TestDatabase.allCases)
    func changes(_ engine: TestDatabase) async throws {
        try await engine.withDatabase([
            GovernanceMigrations.list, LedgerMigrations.list, DeliveryMigrations.list, ServingMigrations.list, RevisionLoadMigrations.list,
        ]) {
            database in
            try await database.write { transaction in
                for (number, version) in [(1, 3), (2, 4)] {
                    try transaction.execute(
                        "INSERT INTO revision (workspace, endpoint, number, model, version, release, created) VALUES ('w', 'e', ?, 'm', ?, 'r', 0)",
                        number, version)
                }
                try Self.split(1, [(1, 100)], at: 1_000, transaction)
            }
            let source = DeliveredTraffic(database: database)
            let name = EndpointName(workspace: "w", name: "e")
            let first = try await source.traffic(changedSince: nil, except: [:])
            #expect(first.map(\.endpoint) == [name])
            #expect(first.first?.shares.map(\.version) == [ServedVersion(workspace: "w", model: "m", number: 3)])
            #expect(first.first?.candidate == nil)
            #expect(try await source.traffic(changedSince: nil, except: [name: RouteState(split: 1)]).isEmpty)

            try await database.write { try Self.split(2, [(1, 90), (2, 10)], at: 2_000, $0) }
            let second = try await source.traffic(changedSince: Timestamp(milliseconds: 1_500), except: [name: RouteState(split: 1)])
            #expect(second.first?.version == 2)
            #expect(second.first?.shares.map(\.revision) == [2, 1])
            #expect(second.first?.shares.map(\.percent) == [10, 90])
            #expect(try await source.traffic(changedSince: Timestamp(milliseconds: 2_001), except: [name: RouteState(split: 1)]).isEmpty)

            let overview = try await Endpoints(
                governor: Governor(database: database, clock: HandClock(), identifiers: IdentifierSource(clock: HandClock()))
            ).list(by: .controller("test", in: "w"))
            #expect(overview.map(\.name) == ["e"])
            #expect(overview.first?.revisions.map(\.percent) == [10, 90])
        }
    }

    private static func split(_ version: Int, _ shares: [(Int, Int)], at time: Int64, _ transaction: any Transaction) throws {
        for (revision, percent) in shares {
            try transaction.execute(
                "INSERT INTO traffic_split (workspace, endpoint, version, revision, percent, since) VALUES ('w', 'e', ?, ?, ?, ?)", version,
                revision, percent, time)
        }
        try transaction.execute(
            """
            INSERT INTO traffic_state (workspace, endpoint, version, salt, changed) VALUES ('w', 'e', ?, 'salt', ?)
            ON CONFLICT (workspace, endpoint) DO UPDATE SET version = excluded.version, changed = excluded.changed
            """, version, time)
    }
}
