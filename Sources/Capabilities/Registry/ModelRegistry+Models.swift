// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Tracking

/// Registered models themselves, their tags, and searching.
extension ModelRegistry {
    package func create(_ name: String, description: String? = nil, tags: [Tag] = [], by caller: Caller) async throws -> RegisteredModel {
        try RegistryName.check(model: name)
        try RegistryName.check(description: description)
        for tag in tags { try RegistryName.check(tag) }
        return try await governor.change(.registryWrite, by: caller, locking: "model/\(caller.workspace)/\(name)") { change in
            try Self.create(name, description: description, tags: tags, in: change)
            return try RegisteredModelTable(transaction: change.transaction, workspace: change.workspace).get(name)
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func model(_ name: String, by caller: Caller) async throws -> RegisteredModel {
        try await governor.lookUp(.registryRead, by: caller) {
            try RegisteredModelTable(transaction: $0, workspace: caller.workspace).get(name)
        }
    }

    package func searchModels(
        _ comparisons: [Comparison], order: [SortTerm] = [], after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [RegisteredModel], next: PageToken?) {
        try SearchLimit.check(limit, atMost: Self.maximumModelPage)
        return try await governor.read(.registryRead, by: caller) { transaction in
            var statement = SearchStatement(of: RegisteredModelTable.space, on: transaction.engine)
            statement.require("registered_model.workspace = ?", [.text(caller.workspace)])
            try statement.require(comparisons)
            try statement.sort(by: order)
            var (items, next) = try statement.page(after: token, limit: limit, in: transaction, RegisteredModelTable.decode)
            try RegisteredModelTable(transaction: transaction, workspace: caller.workspace).complete(&items)
            return (items, next)
        }
    }

    package func describe(_ name: String, as description: String, by caller: Caller) async throws -> RegisteredModel {
        try RegistryName.check(description: description)
        try await change(name, by: caller) { change, models in
            try models.update(name, description: description, at: change.time)
            try change.record("model.described", on: "model/\(name)")
        }
        return try await model(name, by: caller)
    }

    package func rename(_ name: String, to newName: String, by caller: Caller) async throws -> RegisteredModel {
        try RegistryName.check(model: newName)
        try await change(name, by: caller) { change, models in
            try models.rename(name, to: newName, at: change.time)
            try VersionTransitionTable(transaction: change.transaction, workspace: change.workspace).rename(name, to: newName)
            try change.record("model.renamed", on: "model/\(name)", ["name": .string(newName)])
        }
        return try await model(newName, by: caller)
    }

    /// Deletes the model with all versions, aliases and tags. Their numbers are not given again.
    package func delete(_ name: String, by caller: Caller) async throws {
        try await change(name, by: caller) { change, models in
            let numbers = try ModelVersionTable(transaction: change.transaction, workspace: change.workspace).numbers(of: name)
            for number in numbers { try Self.deleteVersion(name, number, in: change) }
            try models.delete(name)
            try change.record("model.deleted", on: "model/\(name)", ["versions": .integer(Int64(numbers.count))])
        }
    }

    package func setTag(_ tag: Tag, on name: String, by caller: Caller) async throws {
        try RegistryName.check(tag)
        try await change(name, by: caller) { change, models in
            try models.set(tag, on: name)
            try change.record("model.tagged", on: "model/\(name)", ["key": .string(tag.key)])
        }
    }

    package func deleteTag(_ key: String, of name: String, by caller: Caller) async throws {
        try await change(name, by: caller) { change, models in
            try models.deleteTag(key, of: name)
            try change.record("model.untagged", on: "model/\(name)", ["key": .string(key)])
        }
    }
}
