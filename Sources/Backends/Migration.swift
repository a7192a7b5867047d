// SPDX-License-Identifier: Apache-2.0

/// One numbered, forward-only step of a capability's schema.
///
/// SQL is written once: `BIGINT` for integers and times, `TEXT`, `DOUBLE PRECISION`, `BYTEA`. `{clustered}` after a table's closing
/// bracket stores it in primary-key order where the engine can (`WITHOUT ROWID` on SQLite).
package struct Migration: Sendable {
    package let number: Int
    package let name: String
    package let statements: [String]

    package init(_ number: Int, _ name: String, _ statements: [String]) {
        self.number = number
        self.name = name
        self.statements = statements
    }
}

/// A capability's migrations, in order and without gaps from 1.
package struct MigrationList: Sendable {
    package let capability: String
    package let migrations: [Migration]

    package init(_ capability: String, _ migrations: [Migration]) {
        precondition(
            migrations.map(\.number) == Array(1...max(1, migrations.count)).prefix(migrations.count).map { $0 },
            "Migrations of \(capability) are numbered 1, 2, 3, …")
        self.capability = capability
        self.migrations = migrations
    }
}
