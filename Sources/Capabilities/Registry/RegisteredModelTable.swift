// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Tracking

struct RegisteredModelTable {
    static let space = SearchSpace(
        noun: "registered model", table: "registered_model",
        attributes: [
            "name": .init("registered_model.name", .text), "creation_timestamp": .init("registered_model.created", .integer),
            "last_updated_timestamp": .init("registered_model.updated", .integer), "timestamp": .init("registered_model.updated", .integer),
        ],
        facets: [
            .tag: .init(
                "registered_model_tag", where: "facet.workspace = registered_model.workspace AND facet.model = registered_model.name")
        ],
        defaultOrder: [SortTerm(SearchSubject(.attribute, "name"))], identity: ["name"])

    let transaction: any Transaction
    let workspace: String

    func insert(_ model: RegisteredModel) throws {
        do {
            try transaction.attempt {
                _ = try transaction.execute(
                    "INSERT INTO registered_model (workspace, name, description, author, created, updated) VALUES (?, ?, ?, ?, ?, ?)",
                    workspace, model.name, model.description, model.author, model.created, model.updated)
            }
        } catch let violation as ConstraintViolation where violation.kind == .unique {
            throw taken(model.name)
        }
        for tag in model.tags { try set(tag, on: model.name) }
    }

    func find(_ name: String) throws -> RegisteredModel? {
        let row = try transaction.row("SELECT * FROM registered_model WHERE workspace = ? AND name = ?", workspace, name)
        guard let row else { return nil }
        var models = [try Self.decode(row)]
        try complete(&models)
        return models[0]
    }

    func get(_ name: String) throws -> RegisteredModel {
        guard let model = try find(name) else { throw RegisteredModel.unknown(name) }
        return model
    }

    func complete(_ models: inout [RegisteredModel]) throws {
        let names = models.map(\.name.databaseValue)
        var tags: [String: [Tag]] = [:]
        var aliases: [String: [ModelAlias]] = [:]
        for start in stride(from: 0, to: names.count, by: 200) {
            let some = names[start..<min(start + 200, names.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            try transaction.forEachRow(
                "SELECT model, key, value FROM registered_model_tag WHERE workspace = ? AND model IN (\(marks)) ORDER BY model, key",
                values: [.text(workspace)] + some
            ) { tags[try $0["model"], default: []].append(Tag(try $0["key"], try $0["value"])) }
            try transaction.forEachRow(
                "SELECT model, alias, number FROM model_alias WHERE workspace = ? AND model IN (\(marks)) ORDER BY model, alias",
                values: [.text(workspace)] + some
            ) { aliases[try $0["model"], default: []].append(ModelAlias(alias: try $0["alias"], number: try $0["number"])) }
        }
        for index in models.indices {
            models[index].tags = tags[models[index].name] ?? []
            models[index].aliases = aliases[models[index].name] ?? []
        }
    }

    func update(_ name: String, description: String?, at time: Timestamp) throws {
        try transaction.execute(
            "UPDATE registered_model SET description = ?, updated = ? WHERE workspace = ? AND name = ?", description, time, workspace, name)
    }

    func touch(_ name: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE registered_model SET updated = ? WHERE workspace = ? AND name = ?", time, workspace, name)
    }

    /// Versions, tags and aliases follow by their foreign keys; numbers go on where either name had come to.
    func rename(_ name: String, to newName: String, at time: Timestamp) throws {
        do {
            try transaction.attempt {
                _ = try transaction.execute(
                    "UPDATE registered_model SET name = ?, updated = ? WHERE workspace = ? AND name = ?", newName, time, workspace, name)
            }
        } catch let violation as ConstraintViolation where violation.kind == .unique {
            throw taken(newName)
        }
        let last = try lastNumber(of: name)
        try setLastNumber(of: newName, to: max(last, try lastNumber(of: newName)))
    }

    /// The next number; under the model's lock, so that there are no gaps.
    func nextNumber(of model: String) throws -> Int64 {
        let number = try lastNumber(of: model) + 1
        try setLastNumber(of: model, to: number)
        return number
    }

    /// Numbers go on after this one.
    func count(_ model: String, upTo number: Int64) throws {
        try setLastNumber(of: model, to: max(number, try lastNumber(of: model)))
    }

    func delete(_ name: String) throws {
        try transaction.execute("DELETE FROM registered_model_tag WHERE workspace = ? AND model = ?", workspace, name)
        try transaction.execute("DELETE FROM registered_model WHERE workspace = ? AND name = ?", workspace, name)
    }

    func set(_ tag: Tag, on name: String) throws {
        try transaction.execute(
            """
            INSERT INTO registered_model_tag (workspace, model, key, value) VALUES (?, ?, ?, ?)
            ON CONFLICT (workspace, model, key) DO UPDATE SET value = excluded.value
            """, workspace, name, tag.key, tag.value)
    }

    func deleteTag(_ key: String, of name: String) throws {
        try transaction.execute("DELETE FROM registered_model_tag WHERE workspace = ? AND model = ? AND key = ?", workspace, name, key)
    }

    func set(_ alias: ModelAlias, on name: String) throws {
        try transaction.execute(
            """
            INSERT INTO model_alias (workspace, model, alias, number) VALUES (?, ?, ?, ?)
            ON CONFLICT (workspace, model, alias) DO UPDATE SET number = excluded.number
            """, workspace, name, alias.alias, alias.number)
    }

    func deleteAlias(_ alias: String, of name: String) throws -> Bool {
        try transaction.execute("DELETE FROM model_alias WHERE workspace = ? AND model = ? AND alias = ?", workspace, name, alias) > 0
    }

    static func decode(_ row: Row) throws -> RegisteredModel {
        RegisteredModel(
            name: try row["name"], description: try row["description"], author: try row["author"], created: try row["created"],
            updated: try row["updated"])
    }

    private func lastNumber(of model: String) throws -> Int64 {
        let row = try transaction.row("SELECT last FROM version_counter WHERE workspace = ? AND model = ?", workspace, model)
        return try row.map { try $0["last"] } ?? 0
    }

    private func setLastNumber(of model: String, to number: Int64) throws {
        try transaction.execute(
            """
            INSERT INTO version_counter (workspace, model, last) VALUES (?, ?, ?)
            ON CONFLICT (workspace, model) DO UPDATE SET last = excluded.last
            """, workspace, model, number)
    }

    private func taken(_ name: String) -> Problem {
        Problem(
            .conflict, "registry.model.exists", "Registered Model (name=\(name.printable)) already exists.",
            fix: "Register a version of it, or choose another name.")
    }
}
