// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// Versions going from environment to environment, and the history of it.
extension ModelRegistry {
    package static var maximumTransitionPage: Int { 1_000 }

    /// - Parameters:
    ///   - replacing: Whether versions that are in the environment now are archived; for environments in use only.
    ///   - takingUp: Whether an archived version is taken up again on the way, as a transition of its own.
    /// - Throws: `Problem` `.conflict` for a transition that is not allowed.
    package func transition(
        _ model: String, _ number: Int64, to target: VersionEnvironment, because reason: String, replacing: Bool = false,
        takingUp: Bool = false, by caller: Caller
    ) async throws -> ModelVersion {
        try VersionTransition.check(reason: reason)
        guard !replacing || target.isInUse else {
            throw Problem(
                .invalid, "registry.transition.not-exclusive", "Versions are archived only when moving to staging or production.",
                why: "'\(target.rawValue)' is no place of which a version takes possession.")
        }
        return try await changeVersion(model, number, by: caller) { change, table, version in
            if replacing {
                for other in try table.numbers(of: model, in: target) where other != number {
                    var other = try Self.version(model, other, in: change)
                    try Self.move(&other, to: .archived, "Replaced by version \(number): \(reason)", table, in: change)
                }
            }
            let path = takingUp ? version.environment.path(to: target) : [target]
            for step in path { try Self.move(&version, to: step, reason, table, in: change) }
            if path.isEmpty { try table.update(version) }
        }
    }

    /// Newest first.
    package func transitions(
        of model: String, _ number: Int64? = nil, before id: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> (items: [VersionTransition], next: String?) {
        let limit = min(max(limit, 1), Self.maximumTransitionPage)
        return try await governor.read(.registryRead, by: caller) { transaction in
            let table = VersionTransitionTable(transaction: transaction, workspace: caller.workspace)
            let items = try table.page(of: model, number, before: id, limit: limit + 1)
            return (Array(items.prefix(limit)), items.count > limit ? items[limit - 1].id : nil)
        }
    }

    /// The transitions by which versions were where they were at that time, by number; those in no environment are left out.
    package func standing(of model: String, at time: Timestamp, by caller: Caller) async throws -> [VersionTransition] {
        try await governor.read(.registryRead, by: caller) {
            try VersionTransitionTable(transaction: $0, workspace: caller.workspace).last(of: model, at: time).filter { $0.to != .none }
        }
    }

    static func move(
        _ version: inout ModelVersion, to target: VersionEnvironment, _ reason: String, _ table: ModelVersionTable, in change: Change
    ) throws {
        let origin = version.environment
        try origin.check(to: target, of: version.resource)
        version.environment = target
        version.updated = change.time
        try table.update(version)
        let transition = VersionTransition(
            id: change.newIdentifier(), model: version.model, number: version.number, from: origin, to: target,
            author: change.caller.principal.qualifiedName, time: change.time,
            reason: String(reason.prefix(VersionTransition.maximumReasonLength)))
        try VersionTransitionTable(transaction: change.transaction, workspace: change.workspace).insert(transition)
        try change.record(
            "version.transitioned", on: version.resource,
            ["from": .string(origin.rawValue), "to": .string(target.rawValue), "reason": .string(transition.reason)])
    }
}
