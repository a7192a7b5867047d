// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Tracking

/// What may change about versions, and searching them.
extension ModelRegistry {
    package func searchVersions(
        _ comparisons: [Comparison], order: [SortTerm] = [], after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [ModelVersion], next: PageToken?) {
        try SearchLimit.check(limit, atMost: Self.maximumVersionPage)
        return try await governor.read(.registryRead, by: caller) { transaction in
            var statement = SearchStatement(of: ModelVersionTable.space, on: transaction.engine)
            statement.require("model_version.workspace = ?", [.text(caller.workspace)])
            try statement.require(comparisons)
            try statement.sort(by: order)
            let table = ModelVersionTable(transaction: transaction, workspace: caller.workspace)
            let (items, next) = try statement.page(after: token, limit: limit, in: transaction, table.decode)
            return (try items.map { try table.complete($0, withFiles: false) }, next)
        }
    }

    /// The newest version in each of the environments.
    package func latest(
        of model: String, in environments: [VersionEnvironment] = VersionEnvironment.allCases, by caller: Caller
    ) async throws -> [ModelVersion] {
        try await governor.read(.registryRead, by: caller) { transaction in
            _ = try RegisteredModelTable(transaction: transaction, workspace: caller.workspace).get(model)
            return try ModelVersionTable(transaction: transaction, workspace: caller.workspace).latest(of: model, in: environments)
        }
    }

    /// The same for many models, by name.
    package func latest(ofAll models: [String], by caller: Caller) async throws -> [String: [ModelVersion]] {
        try await governor.read(.registryRead, by: caller) { transaction in
            let table = ModelVersionTable(transaction: transaction, workspace: caller.workspace)
            var versions: [String: [ModelVersion]] = [:]
            for model in models { versions[model] = try table.latest(of: model, in: VersionEnvironment.allCases) }
            return versions
        }
    }

    package func describe(_ model: String, _ number: Int64, as description: String, by caller: Caller) async throws -> ModelVersion {
        try RegistryName.check(description: description)
        return try await changeVersion(model, number, by: caller) { change, table, version in
            version.description = description
            try table.update(version)
            try change.record("version.described", on: version.resource)
        }
    }

    package func deleteVersion(_ model: String, _ number: Int64, by caller: Caller) async throws {
        try await change(model, by: caller) { change, _ in try Self.deleteVersion(model, number, in: change) }
    }

    package func setTag(_ tag: Tag, on model: String, _ number: Int64, by caller: Caller) async throws {
        try RegistryName.check(tag)
        _ = try await changeVersion(model, number, by: caller) { change, table, version in
            try table.set(tag, on: version)
            try change.record("version.tagged", on: version.resource, ["key": .string(tag.key)])
        }
    }

    package func deleteTag(_ key: String, of model: String, _ number: Int64, by caller: Caller) async throws {
        _ = try await changeVersion(model, number, by: caller) { change, table, version in
            try table.deleteTag(key, of: version)
            try change.record("version.untagged", on: version.resource, ["key": .string(key)])
        }
    }

    static func deleteVersion(_ model: String, _ number: Int64, in change: Change) throws {
        var version = try version(model, number, in: change)
        let table = ModelVersionTable(transaction: change.transaction, workspace: change.workspace)
        // So that the history says until when it stood there.
        if version.environment != .none { try move(&version, to: .none, "The version was deleted.", table, in: change) }
        try table.delete(version)
        try LineageEdgeTable(transaction: change.transaction, workspace: change.workspace).delete(to: .version, version.id)
        try BlobReferenceTable(transaction: change.transaction).release(by: "model-version/\(version.id)")
        try change.record("version.deleted", on: version.resource)
    }

    func changeVersion(
        _ model: String, _ number: Int64, by caller: Caller,
        _ body: @escaping @Sendable (Change, ModelVersionTable, inout ModelVersion) throws -> Void
    ) async throws -> ModelVersion {
        try await governor.change(.registryWrite, by: caller, locking: "model/\(caller.workspace)/\(model)") { change in
            let table = ModelVersionTable(transaction: change.transaction, workspace: change.workspace)
            var version = try Self.version(model, number, in: change)
            version.updated = change.time
            try body(change, table, &version)
            return try table.complete(version, withFiles: true)
        }
    }
}
