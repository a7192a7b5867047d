// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// The use cases of experiments.
package struct ExperimentTracking: Sendable {
    package static let maximumPage = 50_000
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// - Parameter place: Where its runs keep their artifacts, when not in our store.
    package func create(
        _ name: String, place: ArtifactLocation? = nil, tags: [Tag] = [], by caller: Caller
    ) async throws -> Experiment {
        try checkName(name)
        for tag in tags { try check(tag) }
        return try await governor.change(.trackingWrite, by: caller, locking: "experiment") { change in
            let table = ExperimentTable(transaction: change.transaction, workspace: change.workspace)
            let id = try table.nextID()
            let experiment = Experiment(
                id: id, name: name, location: place ?? .stored(ArtifactPath(trusted: [String(id)])), lifecycle: .active,
                created: change.time, updated: change.time, tags: tags)
            try table.insert(experiment)
            try change.record("experiment.created", on: "experiment/\(id)", ["name": .string(name)])
            return experiment
        }
    }

    package func get(_ id: Int64, by caller: Caller) async throws -> Experiment {
        try await governor.lookUp(.trackingRead, by: caller) {
            try ExperimentTable(transaction: $0, workspace: caller.workspace).get(id)
        }
    }

    package func named(_ name: String, by caller: Caller) async throws -> Experiment {
        let experiment = try await governor.lookUp(.trackingRead, by: caller) {
            try ExperimentTable(transaction: $0, workspace: caller.workspace).find(name: name)
        }
        guard let experiment else {
            throw Problem(
                .notFound, "tracking.experiment.unknown", "Could not find experiment with name '\(name.printable)'", fix: "Create it first."
            )
        }
        return experiment
    }

    package func search(
        _ filter: String, order: [String] = [], view: LifecycleView = .active, after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [Experiment], next: PageToken?) {
        let comparisons = try FilterParser.comparisons(in: filter)
        let terms = try order.map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            var statement = SearchStatement(of: ExperimentTable.space, on: transaction.engine)
            statement.require("experiment.workspace = ?", [.text(caller.workspace)])
            if let condition = view.condition { statement.require("experiment." + condition.sql, condition.values) }
            try statement.require(comparisons)
            try statement.sort(by: terms)
            var (items, next) = try statement.page(after: token, limit: limit, in: transaction) { try ExperimentTable.decode($0, tags: []) }
            let tags = try ExperimentTable(transaction: transaction, workspace: caller.workspace).tags.tags(of: items.map(\.id))
            for index in items.indices { items[index].tags = tags[items[index].id] ?? [] }
            return (items, next)
        }
    }

    package func rename(_ id: Int64, to name: String, by caller: Caller) async throws {
        try checkName(name)
        try await change(id, by: caller) { change, table in
            _ = try table.getActive(id)
            try table.rename(id, to: name, at: change.time)
            try change.record("experiment.renamed", on: "experiment/\(id)", ["name": .string(name)])
        }
    }

    /// Puts the experiment and its runs away.
    package func delete(_ id: Int64, by caller: Caller) async throws {
        try await change(id, by: caller) { change, table in
            _ = try table.getActive(id)
            try table.set(.deleted, on: id, at: change.time)
            try change.record("experiment.deleted", on: "experiment/\(id)")
        }
    }

    /// Brings the experiment and its runs back.
    package func restore(_ id: Int64, by caller: Caller) async throws {
        try await change(id, by: caller) { change, table in
            guard try table.get(id).lifecycle == .deleted else {
                throw Problem(
                    .invalid, "tracking.experiment.active", "The experiment \(id) must be in the 'deleted' state. Current state is active.")
            }
            try table.set(.active, on: id, at: change.time)
            try change.record("experiment.restored", on: "experiment/\(id)")
        }
    }

    package func setTag(_ tag: Tag, on id: Int64, by caller: Caller) async throws {
        try check(tag)
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = ExperimentTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.getActive(id)
            try table.tags.set([tag], on: .integer(id))
            try table.touch(id, at: governor.clock.now())
        }
    }

    package func deleteTag(_ key: String, of id: Int64, by caller: Caller) async throws {
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = ExperimentTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.getActive(id)
            guard try table.tags.delete(key, of: .integer(id)) else {
                throw Problem(.notFound, "tracking.tag.unknown", "No tag with name: \(key.printable) in experiment with id \(id)")
            }
        }
    }

    private func change(
        _ id: Int64, by caller: Caller, _ body: @escaping @Sendable (Change, ExperimentTable) throws -> Void
    ) async throws {
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            try body(change, ExperimentTable(transaction: change.transaction, workspace: change.workspace))
            return Nothing()
        }
    }

    private func check(_ tag: Tag) throws(Problem) {
        try TrackingKey.check(tag.key, of: "tag")
        guard tag.value.unicodeScalars.count <= TrackingKey.maximumExperimentTagLength else {
            throw Problem(
                .invalid, "tracking.tag.length",
                "'value' exceeds the maximum length of \(TrackingKey.maximumExperimentTagLength) characters",
                why: "It is the value of the tag '\(tag.key.printable)'.")
        }
    }

    private func checkName(_ name: String) throws(Problem) {
        guard !name.isEmpty, name.unicodeScalars.count <= TrackingKey.maximumNameLength else {
            throw Problem(
                .invalid, "tracking.experiment.name-length", "Invalid experiment name: '\(name.printable)'.",
                why: "It has \(name.unicodeScalars.count) characters; 1 to \(TrackingKey.maximumNameLength) are taken.")
        }
    }
}
