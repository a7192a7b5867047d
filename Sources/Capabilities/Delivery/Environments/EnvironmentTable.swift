// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// A declared environment as it stands.
package struct ReleaseEnvironment: Codable, Equatable, Sendable {
    package var specification: EnvironmentSpecification
    package var created: Timestamp
    package var changed: Timestamp
    /// Set by a person; nil while nobody has frozen it.
    package var freeze: Freeze?

    package var name: String { specification.name }

    package struct Freeze: Codable, Equatable, Sendable {
        /// Qualified name.
        package var by: String
        package var since: Timestamp
        package var reason: String
    }

    /// Why nothing may be released into it at a moment; nil when it may.
    package func frozen(at time: Timestamp) -> String? {
        if let freeze { return "Environment '\(name)' was frozen by \(freeze.by): \(freeze.reason)" }
        return specification.freezes.first { $0.contains(time) }.map { "Freeze window '\($0.name)' of environment '\(name)' is in force." }
    }
}

/// Rows of `environment`.
struct EnvironmentTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ name: String) throws -> ReleaseEnvironment? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND name = ?", workspace, name).map(decode)
    }

    func require(_ name: String) throws -> ReleaseEnvironment {
        guard let environment = try find(name) else {
            throw Problem(
                .notFound, "delivery.environment.unknown", "There is no environment '\(name.printable)'.",
                fix: "Declare it (kind: Environment) and apply it: dhow apply FOLDER.")
        }
        return environment
    }

    /// By name, ascending.
    func list(after: String?, limit: Int) throws -> [ReleaseEnvironment] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND name > ? ORDER BY name LIMIT ?", workspace, after ?? "", PageLimit.clamp(limit)
        ).map(decode)
    }

    func put(_ environment: ReleaseEnvironment) throws {
        try transaction.execute(
            """
            INSERT INTO environment (workspace, name, document, created, changed) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET document = excluded.document, changed = excluded.changed
            """, workspace, environment.name, try DocumentText.encode(environment.specification), environment.created, environment.changed)
    }

    func setFreeze(_ name: String, _ freeze: ReleaseEnvironment.Freeze?) throws {
        try transaction.execute(
            "UPDATE environment SET frozen_by = ?, frozen_since = ?, frozen_reason = ? WHERE workspace = ? AND name = ?", freeze?.by,
            freeze?.since, freeze?.reason, workspace, name)
    }

    func delete(_ name: String) throws {
        try transaction.execute("DELETE FROM environment WHERE workspace = ? AND name = ?", workspace, name)
    }

    private static let selection = "SELECT document, created, changed, frozen_by, frozen_since, frozen_reason FROM environment"

    private func decode(_ row: Row) throws -> ReleaseEnvironment {
        let by: String? = try row["frozen_by"]
        return ReleaseEnvironment(
            specification: try DocumentText.decode(EnvironmentSpecification.self, from: try row["document"]), created: try row["created"],
            changed: try row["changed"],
            freeze: try by.map { .init(by: $0, since: try row["frozen_since"], reason: try row["frozen_reason"]) })
    }
}
