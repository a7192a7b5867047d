// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// Brings a database to the schema this program knows; safe to run from several processes at once.
package struct Migrator: Sendable {
    /// One migration and whose it is.
    package struct Step: Sendable {
        package let capability: String
        package let migration: Migration
    }

    private let steps: [Step]
    private let clock: any WallClock

    /// - Parameter lists: In the order in which their tables may refer to each other.
    package init(_ lists: [MigrationList], clock: any WallClock = SystemWallClock()) {
        precondition(Set(lists.map(\.capability)).count == lists.count, "Each capability has one list of migrations.")
        steps = lists.flatMap { list in list.migrations.map { Step(capability: list.capability, migration: $0) } }
        self.clock = clock
    }

    /// What `migrate` would apply.
    ///
    /// - Throws: `Problem` `.conflict` when the database does not fit this program.
    package func pending(in database: any Database) async throws -> [Step] {
        try await database.read { transaction in
            guard try Self.hasTable(transaction) else { return steps }
            return try pending(in: transaction)
        }
    }

    /// Applies what is pending, all of it or nothing.
    ///
    /// - Returns: What it applied; empty when another process did so first.
    /// - Throws: `Problem` `.conflict` when the database holds a migration that this program does not know or knows otherwise.
    @discardableResult
    package func migrate(_ database: any Database) async throws -> [Step] {
        try await database.write(locking: "migrations") { transaction in
            try transaction.execute(Self.statement(Self.table, for: transaction.engine))
            let pending = try pending(in: transaction)
            for step in pending {
                for statement in step.migration.statements {
                    try transaction.execute(Self.statement(statement, for: transaction.engine))
                }
                try transaction.execute(
                    "INSERT INTO schema_migration (capability, number, name, digest, time) VALUES (?, ?, ?, ?, ?)", step.capability,
                    step.migration.number, step.migration.name, step.migration.digest, clock.now())
            }
            return pending
        }
    }

    private func pending(in transaction: any Transaction) throws -> [Step] {
        var known: [Key: Step] = [:]
        for step in steps { known[Key(step)] = step }
        for row in try transaction.rows("SELECT capability, number, name, digest FROM schema_migration ORDER BY capability, number") {
            let key = Key(capability: try row["capability"], number: try row["number"])
            let name: String = try row["name"]
            guard let step = known.removeValue(forKey: key) else { throw Self.unknown(key, name) }
            let digest: String = try row["digest"]
            guard digest == step.migration.digest else { throw Self.changed(key, name) }
        }
        return steps.filter { known[Key($0)] != nil }
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            capability TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, time BIGINT NOT NULL,
            PRIMARY KEY (capability, number)
        ) {clustered}
        """

    private static func statement(_ sql: String, for engine: DatabaseEngine) -> String {
        let clustered =
            switch engine {
            case .sqlite: "WITHOUT ROWID"
            case .postgres: ""
            }
        return sql.split(separator: "{clustered}", omittingEmptySubsequences: false).joined(separator: clustered)
    }

    private static func hasTable(_ transaction: any Transaction) throws -> Bool {
        let sql =
            switch transaction.engine {
            case .sqlite: "SELECT count(*) > 0 AS found FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'"
            case .postgres: "SELECT to_regclass('schema_migration') IS NOT NULL AS found"
            }
        guard let found: Bool = try transaction.row(sql)?["found"] else { return false }
        return found
    }

    private struct Key: Hashable {
        var capability: String
        var number: Int

        init(capability: String, number: Int) {
            self.capability = capability
            self.number = number
        }

        init(_ step: Step) {
            self.init(capability: step.capability, number: step.migration.number)
        }
    }

    private static func unknown(_ key: Key, _ name: String) -> Problem {
        Problem(
            .conflict, "database.migration.unknown",
            "The database has migration \(key.number) '\(name)' of '\(key.capability)', which this program does not know.",
            why: "A newer release has written this database.", fix: "Start that release, or restore a backup made before the update.")
    }

    private static func changed(_ key: Key, _ name: String) -> Problem {
        Problem(
            .conflict, "database.migration.changed",
            "Migration \(key.number) '\(name)' of '\(key.capability)' is not the one that was applied to this database.",
            why: "Its statements have another digest here.", fix: "Start the release that made this database.")
    }
}

extension Migration {
    /// SHA-256 over the statements as written, each ended by a zero byte; lowercase hexadecimal.
    package var digest: String {
        var hash = SHA256()
        for statement in statements {
            hash.update(data: Array(statement.utf8))
            hash.update(data: [0])
        }
        return hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
