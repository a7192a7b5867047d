// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import TestSupport
import Testing

@Suite("Migrator")
struct MigratorTests {
    private static let first = Migration(1, "create", ["CREATE TABLE a (id BIGINT PRIMARY KEY) {clustered}", "INSERT INTO a VALUES (1)"])
    private static let second = Migration(2, "extend", ["ALTER TABLE a ADD COLUMN name TEXT"])
    private static let other = MigrationList("other", [Migration(1, "create", ["CREATE TABLE b (id BIGINT REFERENCES a (id))"])])

    @Test("applies each migration once, in order, and says which", arguments: TestDatabase.allCases)
    func applies(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let database = try place.open()
            let older = Migrator([MigrationList("sample", [Self.first])])
            #expect(try await older.pending(in: database).map(\.migration.name) == ["create"])
            #expect(try await older.migrate(database).map(\.migration.number) == [1])
            let newer = Migrator([MigrationList("sample", [Self.first, Self.second]), Self.other])
            #expect(try await newer.pending(in: database).map { "\($0.capability) \($0.migration.number)" } == ["sample 2", "other 1"])
            #expect(try await newer.migrate(database).map { "\($0.capability) \($0.migration.number)" } == ["sample 2", "other 1"])
            #expect(try await newer.migrate(database).isEmpty)
            #expect(try await newer.pending(in: database).isEmpty)
            #expect(try await database.read { try $0.rows("SELECT id, name FROM a").count } == 1)
            await database.close()
        }
    }

    @Test("applies all or nothing", arguments: TestDatabase.allCases)
    func atomic(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let database = try place.open()
            let broken = Migrator([MigrationList("sample", [Self.first, Migration(2, "broken", ["INSERT INTO a VALUES (1)"])])])
            await #expect(throws: ConstraintViolation.self) { try await broken.migrate(database) }
            #expect(try await broken.pending(in: database).count == 2)
            #expect(try await Migrator([MigrationList("sample", [Self.first])]).migrate(database).count == 1)
            await database.close()
        }
    }

    @Test("lets several processes start on one new database at once", arguments: TestDatabase.allCases)
    func concurrent(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let migrator = Migrator([MigrationList("sample", [Self.first, Self.second]), Self.other])
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let database = try place.open()
                        let applied = try await migrator.migrate(database).count
                        await database.close()
                        return applied
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, 3])
        }
    }

    @Test("refuses a database of a newer release or of other migrations", arguments: TestDatabase.allCases)
    func refuses(engine: TestDatabase) async throws {
        try await engine.withPlace { place in
            let database = try place.open()
            try await Migrator([MigrationList("sample", [Self.first, Self.second])]).migrate(database)
            let changed = Migration(1, "create", ["CREATE TABLE a (id BIGINT PRIMARY KEY)"])
            let cases = [
                (Migrator([MigrationList("sample", [Self.first])]), "database.migration.unknown"),
                (Migrator([Self.other]), "database.migration.unknown"),
                (Migrator([MigrationList("sample", [changed, Self.second])]), "database.migration.changed"),
            ]
            for (migrator, code) in cases {
                let onMigrating = await #expect(throws: Problem.self) { try await migrator.migrate(database) }
                let onAsking = await #expect(throws: Problem.self) { try await migrator.pending(in: database) }
                #expect(onMigrating?.code == code && onAsking?.code == code)
                #expect(onMigrating?.kind == .conflict)
            }
            await database.close()
        }
    }

    @Test("digests statements as SHA-256 does")
    func digest() {
        // printf 'SELECT 1\0' | sha256sum
        #expect(Migration(1, "any", ["SELECT 1"]).digest == "85f1ac9983155ca0cd06f4aeddf84049143014cdb01303ec4dcad12093909f5e")
    }
}
