// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// The use cases of runs.
package struct RunTracking: Sendable {
    package static let maximumPage = 50_000
    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// For what a client logs without saying when.
    package var now: Timestamp { governor.clock.now() }

    /// - Parameters:
    ///   - author: As the training program names its user; the principal's name when nil. The ledger names the principal.
    ///   - started: Now when nil.
    package func create(
        in experiment: Int64, name: String, author: String? = nil, started: Timestamp? = nil, tags: [Tag] = [], by caller: Caller
    ) async throws -> Run {
        try checkName(name)
        let tags = try RunBatch(tags: tags).checked().tags
        return try await governor.change(.trackingWrite, by: caller) { change in
            let group = try ExperimentTable(transaction: change.transaction, workspace: change.workspace).getActive(experiment)
            let id = HexIdentifier.text(of: change.newIdentifier())
            let run = Run(
                id: id, experiment: experiment, name: name, author: author ?? change.caller.principal.name, status: .running,
                started: started ?? change.time, ended: nil, lifecycle: .active, location: group.location.appending(id, "artifacts"),
                tags: tags)
            try RunTable(transaction: change.transaction, workspace: change.workspace).insert(run)
            try change.record("run.created", on: "run/\(id)", ["experiment": .integer(experiment)])
            return run
        }
    }

    package func get(_ id: String, by caller: Caller) async throws -> Run {
        try await governor.lookUp(.trackingRead, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            var runs = [try table.get(id)]
            try table.complete(&runs)
            return runs[0]
        }
    }

    /// - Parameters:
    ///   - status: A final one is recorded as `run.finished`.
    ///   - tags: Set together with the rest.
    package func update(
        _ id: String, status: Run.Status? = nil, ended: Timestamp? = nil, name: String? = nil, tags: [Tag] = [], by caller: Caller
    ) async throws -> Run {
        if let name { try checkName(name) }
        let tags = try RunBatch(tags: tags).checked().tags
        return try await governor.change(.trackingWrite, by: caller) { change in
            let table = RunTable(transaction: change.transaction, workspace: change.workspace)
            var run = try table.getActive(id)
            let wasFinal = run.status.isFinal
            run.status = status ?? run.status
            run.ended = ended ?? run.ended
            run.name = name ?? run.name
            try table.update(run)
            try table.tags.set(tags, on: .text(id))
            if let status {
                let verb = status.isFinal ? "run.finished" : wasFinal ? "run.resumed" : "run.updated"
                try change.record(verb, on: "run/\(id)", ["status": .string(status.rawValue)])
            } else {
                try change.record("run.updated", on: "run/\(id)")
            }
            return run
        }
    }

    /// Stores params, metrics and tags together.
    package func log(_ batch: RunBatch, on id: String, by caller: Caller) async throws {
        if let name = batch.name { try checkName(name) }
        let batch = try batch.checked()
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            var run = try table.getActive(id)
            try table.setParams(batch.params, of: id)
            try table.metrics.log(batch.metrics, on: run)
            try table.tags.set(batch.tags, on: .text(id))
            try LoggedModelTable(transaction: transaction, workspace: caller.workspace).log(batch.metrics, from: id)
            if let name = batch.name, name != run.name {
                run.name = name
                try table.update(run)
            }
        }
    }

    /// Replaces a tag by what `edit` makes of its value, nil when there is none, in one transaction.
    package func editTag(
        _ key: String, of id: String, by caller: Caller, _ edit: @escaping @Sendable (String?) throws -> String
    ) async throws {
        try TrackingKey.check(key, of: "tag")
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.getActive(id)
            let value = try edit(try table.tags.tags(of: .text(id)).first { $0.key == key }?.value)
            guard value.utf8.count <= TrackingKey.maximumEditedTagLength else {
                throw Problem(
                    .tooLarge, "tracking.tag.length", "The tag '\(key.printable)' would have \(value.utf8.count) bytes.",
                    why: "At most \(TrackingKey.maximumEditedTagLength) are kept.")
            }
            try table.tags.set([Tag(key, value)], on: .text(id))
        }
    }

    package func deleteTag(_ key: String, of id: String, by caller: Caller) async throws {
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.getActive(id)
            guard try table.tags.delete(key, of: .text(id)) else {
                throw Problem(.notFound, "tracking.tag.unknown", "No tag with name: \(key.printable) in run with id \(id)")
            }
        }
    }

    package func delete(_ id: String, by caller: Caller) async throws {
        try await set(.deleted, "run.deleted", on: id, by: caller)
    }

    package func restore(_ id: String, by caller: Caller) async throws {
        try await set(.active, "run.restored", on: id, by: caller)
    }

    private func set(_ lifecycle: Lifecycle, _ verb: String, on id: String, by caller: Caller) async throws {
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let table = RunTable(transaction: change.transaction, workspace: change.workspace)
            var run = try table.get(id)
            guard run.lifecycle != lifecycle else { return Nothing() }
            run.lifecycle = lifecycle
            try table.update(run)
            try table.setDeleted(id, at: change.time)
            try change.record(verb, on: "run/\(id)")
            return Nothing()
        }
    }

    private func checkName(_ name: String) throws(Problem) {
        guard name.unicodeScalars.count <= TrackingKey.maximumNameLength else {
            throw Problem(
                .invalid, "tracking.run.name-length", "The run name has \(name.unicodeScalars.count) characters.",
                why: "At most \(TrackingKey.maximumNameLength) are taken.")
        }
    }
}
