// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Where releases land, and the brake that stops them all.
package struct Environments: Sendable {
    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// An environment with what happens in it now.
    package struct Overview: Codable, Equatable, Sendable {
        package var environment: ReleaseEnvironment
        package var endpoints: [String]
        package var activeRollouts: [Rollout]
        /// Why nothing may be released now.
        package var frozen: String?
    }

    package func environments(after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Overview] {
        let now = governor.clock.now()
        return try await governor.read(.deliveryRead, by: caller) { transaction in
            try EnvironmentTable(transaction: transaction, workspace: caller.workspace).list(after: after, limit: limit).map {
                try Self.overview($0, at: now, in: transaction, workspace: caller.workspace)
            }
        }
    }

    package func environment(_ name: String, by caller: Caller) async throws -> Overview {
        let now = governor.clock.now()
        return try await governor.read(.deliveryRead, by: caller) { transaction in
            let environment = try EnvironmentTable(transaction: transaction, workspace: caller.workspace).require(name)
            return try Self.overview(environment, at: now, in: transaction, workspace: caller.workspace)
        }
    }

    /// Holds every rollout in the environment where it is and refuses new releases, in one transaction, until somebody thaws it.
    /// Traffic can still be given back. Freezing again replaces the reason.
    package func freeze(_ name: String, because reason: String, by caller: Caller) async throws -> Overview {
        let versions = versions
        return try await governor.change(.rolloutControl, by: caller) { change in
            try Self.freeze(name, because: reason, versions: versions, in: change)
            let table = EnvironmentTable(transaction: change.transaction, workspace: change.workspace)
            return try Self.overview(try table.require(name), at: change.time, in: change.transaction, workspace: change.workspace)
        }
    }

    /// Lets releases in again. Rollouts stay paused until somebody resumes each.
    package func thaw(_ name: String, because reason: String, by caller: Caller) async throws -> Overview {
        try Rollouts.check(reason: reason)
        return try await governor.change(.rolloutControl, by: caller) { change in
            let table = EnvironmentTable(transaction: change.transaction, workspace: change.workspace)
            if try table.require(name).freeze != nil {
                try table.setFreeze(name, nil)
                try change.record("environment.thawed", on: "environment/\(name)", ["reasonDigest": .string(TextDigest.of(reason))])
            }
            return try Self.overview(try table.require(name), at: change.time, in: change.transaction, workspace: change.workspace)
        }
    }

    private static func overview(
        _ environment: ReleaseEnvironment, at time: Timestamp, in transaction: any Transaction, workspace: String
    ) throws -> Overview {
        let endpoints = try DeclaredEndpointTable(transaction: transaction, workspace: workspace).names(in: environment.name)
        let rollouts = RolloutTable(transaction: transaction, workspace: workspace)
        return Overview(
            environment: environment, endpoints: endpoints, activeRollouts: try endpoints.compactMap { try rollouts.active($0) },
            frozen: environment.frozen(at: time))
    }
}

extension Environments {
    /// As a part of a change that may control rollouts.
    package static func freeze(_ name: String, because reason: String, versions: VersionDirectory, in change: Change) throws {
        try Rollouts.check(reason: reason)
        let table = EnvironmentTable(transaction: change.transaction, workspace: change.workspace)
        _ = try table.require(name)
        try table.setFreeze(name, .init(by: change.caller.principal.qualifiedName, since: change.time, reason: reason))
        let rollouts = RolloutTable(transaction: change.transaction, workspace: change.workspace)
        let endpoints = try DeclaredEndpointTable(transaction: change.transaction, workspace: change.workspace).names(in: name)
        let progressing = try endpoints.compactMap { try rollouts.active($0) }.filter { $0.state.phase == .progressing }
        try change.record(
            "environment.frozen", on: "environment/\(name)",
            ["reasonDigest": .string(TextDigest.of(reason)), "rollouts": .array(progressing.map { .string($0.id) })])
        for rollout in progressing {
            let event = RolloutEvent.commanded(.pause(because: "Environment '\(name)' was frozen: \(reason)"))
            _ = try RolloutTransition(change: change, versions: versions).perform(event, on: rollout)
        }
    }

    package static func apply(_ specification: EnvironmentSpecification, in change: Change) throws {
        try specification.validate()
        let table = EnvironmentTable(transaction: change.transaction, workspace: change.workspace)
        let known = try table.find(specification.name)
        guard known?.specification != specification else { return }
        try table.put(
            ReleaseEnvironment(specification: specification, created: known?.created ?? change.time, changed: change.time))
        try change.record(
            "environment.applied", on: "environment/\(specification.name)",
            ["digest": .string(TextDigest.of(try DocumentText.encode(specification)))])
    }

    package static func delete(_ name: String, in change: Change) throws {
        let table = EnvironmentTable(transaction: change.transaction, workspace: change.workspace)
        let environment = try table.require(name)
        let endpoints = try DeclaredEndpointTable(transaction: change.transaction, workspace: change.workspace).names(in: name)
        guard endpoints.isEmpty else {
            throw Problem(
                .conflict, "delivery.environment.in-use", "Environment '\(name)' has endpoints.",
                why: endpoints.joined(separator: ", "), fix: "Delete their documents first, or name another environment in them.")
        }
        guard environment.freeze == nil else {
            throw Problem(
                .conflict, "delivery.environment.frozen", "Environment '\(name)' is frozen.", why: environment.frozen(at: change.time),
                fix: "Thaw it first: dhow environment unfreeze \(name).")
        }
        try table.delete(name)
        try change.record("environment.deleted", on: "environment/\(name)")
    }

    package static func apply(_ endpoint: EndpointSpecification, in change: Change) throws {
        try endpoint.validate()
        _ = try EnvironmentTable(transaction: change.transaction, workspace: change.workspace).require(endpoint.environment)
        let table = DeclaredEndpointTable(transaction: change.transaction, workspace: change.workspace)
        let known = try table.find(endpoint.name)
        guard known != endpoint else { return }
        if let known, known.environment != endpoint.environment {
            try ReleaseRules(of: endpoint.name, in: change.workspace, change.transaction).requireThawed(at: change.time)
        }
        try table.put(endpoint, at: change.time)
        try change.record(
            "endpoint.applied", on: "endpoint/\(endpoint.name)",
            [
                "environment": .string(endpoint.environment), "digest": .string(TextDigest.of(try DocumentText.encode(endpoint))),
            ])
    }

    /// Its revisions and traffic stay; its environment's rules hold for it no longer.
    package static func deleteEndpoint(_ name: String, in change: Change) throws {
        let table = DeclaredEndpointTable(transaction: change.transaction, workspace: change.workspace)
        try ReleaseRules(of: name, in: change.workspace, change.transaction).requireThawed(at: change.time)
        try table.delete(name)
        try change.record("endpoint.deleted", on: "endpoint/\(name)")
    }
}
