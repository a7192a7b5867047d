// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Tracking

struct ModelVersionTable {
    static let space = SearchSpace(
        noun: "model version", table: "model_version",
        attributes: [
            "name": .init("model_version.model", .text), "version_number": .init("model_version.number", .integer),
            "run_id": .init("model_version.run", .text, isNullable: true, isSelective: true),
            "source_path": .init("model_version.source", .text, isNullable: true),
            "creation_timestamp": .init("model_version.created", .integer),
            "last_updated_timestamp": .init("model_version.updated", .integer), "user_id": .init("model_version.author", .text),
            "current_stage": .init("model_version.stage", .text),
        ],
        facets: [
            .tag: .init(
                "model_version_tag",
                where: """
                    facet.workspace = model_version.workspace AND facet.model = model_version.model AND facet.number = model_version.number
                    """)
        ],
        defaultOrder: [
            SortTerm(SearchSubject(.attribute, "last_updated_timestamp"), isDescending: true), SortTerm(SearchSubject(.attribute, "name")),
            SortTerm(SearchSubject(.attribute, "version_number"), isDescending: true),
        ],
        identity: ["name", "version_number"])

    /// Conditions for what retention must keep: there is a version of a `run`, of a `logged_model`.
    static let ofRun = """
        EXISTS (SELECT 1 FROM model_version WHERE model_version.workspace = run.workspace AND model_version.run = run.id)
        """
    static let ofLoggedModel = """
        EXISTS (SELECT 1 FROM model_version
        WHERE model_version.workspace = logged_model.workspace AND model_version.logged_model = logged_model.id)
        """

    let transaction: any Transaction
    let workspace: String

    func insert(_ version: ModelVersion) throws {
        try transaction.execute(
            """
            INSERT INTO model_version (workspace, model, number, id, author, created, updated, description, stage, signature, source, run,
            run_link, logged_model, execution, code_commit, environment_lock, snapshots, feature_service)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, version.model, version.number, version.id, version.author, version.created, version.updated, version.description,
            version.environment, try version.signature.map(text), version.source, version.runID, version.runLink, version.loggedModelID,
            version.executionID, version.codeCommit, version.environmentLock, try text(version.snapshots), version.featureService)
        try transaction.insert(
            into: "model_version_file (version, path, digest, size)",
            rows: version.files.map { [.text(version.id), .text($0.path), $0.digest.databaseValue, .integer($0.size)] })
        for tag in version.tags { try set(tag, on: version) }
    }

    func find(_ model: String, _ reference: VersionReference) throws -> ModelVersion? {
        let row: Row?
        switch reference {
        case .number(let number):
            row = try transaction.row(
                "SELECT * FROM model_version WHERE workspace = ? AND model = ? AND number = ?", workspace, model, number)
        case .alias(let alias):
            row = try transaction.row(
                """
                SELECT model_version.* FROM model_alias JOIN model_version ON model_version.workspace = model_alias.workspace
                AND model_version.model = model_alias.model AND model_version.number = model_alias.number
                WHERE model_alias.workspace = ? AND model_alias.model = ? AND model_alias.alias = ?
                """, workspace, model, alias)
        case .latest:
            row = try transaction.row(
                "SELECT * FROM model_version WHERE workspace = ? AND model = ? ORDER BY number DESC LIMIT 1", workspace, model)
        }
        guard let row else { return nil }
        return try complete(try decode(row), withFiles: true)
    }

    func find(id: String) throws -> ModelVersion? {
        try transaction.row("SELECT * FROM model_version WHERE id = ? AND workspace = ?", id, workspace).map {
            try complete(try decode($0), withFiles: true)
        }
    }

    /// The newest version in each of the environments.
    func latest(of model: String, in environments: [VersionEnvironment]) throws -> [ModelVersion] {
        try environments.compactMap { environment in
            try transaction.row(
                "SELECT * FROM model_version WHERE workspace = ? AND model = ? AND stage = ? ORDER BY number DESC LIMIT 1", workspace,
                model, environment
            ).map { try complete(try decode($0), withFiles: false) }
        }
    }

    func numbers(of model: String) throws -> [Int64] {
        try transaction.rows("SELECT number FROM model_version WHERE workspace = ? AND model = ? ORDER BY number", workspace, model).map {
            try $0["number"]
        }
    }

    func numbers(of model: String, in environment: VersionEnvironment) throws -> [Int64] {
        try transaction.rows(
            "SELECT number FROM model_version WHERE workspace = ? AND model = ? AND stage = ?", workspace, model, environment
        ).map { try $0["number"] }
    }

    func complete(_ version: ModelVersion, withFiles: Bool) throws -> ModelVersion {
        var version = version
        version.tags = try transaction.rows(
            "SELECT key, value FROM model_version_tag WHERE workspace = ? AND model = ? AND number = ? ORDER BY key", workspace,
            version.model,
            version.number
        ).map { Tag(try $0["key"], try $0["value"]) }
        version.aliases = try transaction.rows(
            "SELECT alias FROM model_alias WHERE workspace = ? AND model = ? AND number = ? ORDER BY alias", workspace, version.model,
            version.number
        ).map { try $0["alias"] }
        if withFiles {
            version.files = try transaction.rows(
                "SELECT path, digest, size FROM model_version_file WHERE version = ? ORDER BY path", version.id
            ).map { VersionFile(path: try $0["path"], digest: try $0["digest"], size: try $0["size"]) }.sorted { $0.path < $1.path }
        }
        return version
    }

    func update(_ version: ModelVersion) throws {
        try transaction.execute(
            "UPDATE model_version SET description = ?, stage = ?, updated = ? WHERE id = ?", version.description, version.environment,
            version.updated, version.id)
    }

    func delete(_ version: ModelVersion) throws {
        for table in ["model_alias", "model_version_tag"] {
            try transaction.execute(
                "DELETE FROM \(table) WHERE workspace = ? AND model = ? AND number = ?", workspace, version.model, version.number)
        }
        try transaction.execute("DELETE FROM model_version_file WHERE version = ?", version.id)
        try transaction.execute("DELETE FROM model_version WHERE id = ?", version.id)
    }

    func set(_ tag: Tag, on version: ModelVersion) throws {
        try transaction.execute(
            """
            INSERT INTO model_version_tag (workspace, model, number, key, value) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, model, number, key) DO UPDATE SET value = excluded.value
            """, workspace, version.model, version.number, tag.key, tag.value)
    }

    func deleteTag(_ key: String, of version: ModelVersion) throws {
        try transaction.execute(
            "DELETE FROM model_version_tag WHERE workspace = ? AND model = ? AND number = ? AND key = ?", workspace, version.model,
            version.number, key)
    }

    func decode(_ row: Row) throws -> ModelVersion {
        let signature: String? = try row["signature"]
        var version = ModelVersion(
            id: try row["id"], model: try row["model"], number: try row["number"], author: try row["author"], created: try row["created"],
            updated: try row["updated"])
        version.description = try row["description"]
        version.environment = try row["stage"]
        version.signature = try signature.map(value)
        version.source = try row["source"]
        version.runID = try row["run"]
        version.runLink = try row["run_link"]
        version.loggedModelID = try row["logged_model"]
        version.executionID = try row["execution"]
        version.codeCommit = try row["code_commit"]
        version.environmentLock = try row["environment_lock"]
        version.featureService = try row["feature_service"]
        version.snapshots = try value(row["snapshots"])
        return version
    }

    private func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}
