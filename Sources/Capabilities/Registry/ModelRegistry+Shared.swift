// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// What later capabilities ask of the registry, and do to it, inside their own transactions.
extension ModelRegistry {
    /// Nil when there is no such version.
    package static func find(
        _ model: String, _ reference: VersionReference, in workspace: String, _ transaction: any Transaction
    ) throws -> ModelVersion? {
        try ModelVersionTable(transaction: transaction, workspace: workspace).find(model, reference)
    }

    /// Nil when there is no such model.
    package static func findModel(_ name: String, in workspace: String, _ transaction: any Transaction) throws -> RegisteredModel? {
        try RegisteredModelTable(transaction: transaction, workspace: workspace).find(name)
    }

    /// `setAlias` as part of another change; nothing happens when the alias points there already.
    package static func setAlias(_ alias: String, of model: String, to number: Int64, in change: Change) throws {
        try RegistryName.check(alias: alias)
        let models = RegisteredModelTable(transaction: change.transaction, workspace: change.workspace)
        let version = try version(model, number, in: change)
        let before = try models.get(model).aliases.first { $0.alias == alias }?.number
        if before == number { return }
        try models.set(ModelAlias(alias: alias, number: number), on: model)
        try models.touch(model, at: change.time)
        try change.record("alias.set", on: version.resource, ["alias": .string(alias), "before": before.map { .integer($0) } ?? .null])
    }
}
