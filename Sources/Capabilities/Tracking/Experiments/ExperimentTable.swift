// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct ExperimentTable {
    static let space = SearchSpace(
        noun: "experiment", table: "experiment",
        attributes: [
            "experiment_id": .init("experiment.id", .integer), "name": .init("experiment.name", .text),
            "creation_time": .init("experiment.created", .integer), "last_update_time": .init("experiment.updated", .integer),
        ],
        facets: [.tag: .init("experiment_tag", where: "facet.experiment = experiment.id")],
        defaultOrder: [SortTerm(SearchSubject(.attribute, "last_update_time"), isDescending: true)], identity: ["experiment_id"])

    let transaction: any Transaction
    let workspace: String

    func nextID() throws -> Int64 {
        let row = try transaction.row("UPDATE experiment_counter SET value = value + 1 WHERE name = 'experiment' RETURNING value")
        guard let id: Int64 = try row?["value"] else {
            throw Problem(.internal, "tracking.experiment.uncounted", "The counter of experiments is missing.")
        }
        return id
    }

    /// Over all workspaces.
    func isFree(_ id: Int64) throws -> Bool {
        try transaction.row("SELECT 1 AS one FROM experiment WHERE id = ?", id) == nil
    }

    /// Ids given out go on after this one.
    func countUp(to id: Int64) throws {
        try transaction.execute("UPDATE experiment_counter SET value = ? WHERE name = 'experiment' AND value < ?", id, id)
    }

    func insert(_ experiment: Experiment) throws {
        do {
            try transaction.attempt {
                try transaction.execute(
                    "INSERT INTO experiment (id, workspace, name, location, lifecycle, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    experiment.id, workspace, experiment.name, experiment.location, experiment.lifecycle, experiment.created,
                    experiment.updated)
            }
        } catch let violation as ConstraintViolation where violation.kind == .unique {
            throw try taken(experiment.name)
        }
        try tags.set(experiment.tags, on: .integer(experiment.id))
    }

    func find(_ id: Int64) throws -> Experiment? {
        guard let row = try transaction.row("SELECT * FROM experiment WHERE id = ? AND workspace = ?", id, workspace) else { return nil }
        return try Self.decode(row, tags: try tags.tags(of: .integer(id)))
    }

    func get(_ id: Int64) throws -> Experiment {
        guard let experiment = try find(id) else { throw Experiment.unknown(id) }
        return experiment
    }

    /// - Throws: `Problem` `.invalid` for a deleted experiment.
    func getActive(_ id: Int64) throws -> Experiment {
        let experiment = try get(id)
        guard experiment.lifecycle == .active else {
            throw Problem(
                .invalid, "tracking.experiment.deleted", "The experiment \(id) must be in the 'active' state. Current state is deleted.",
                fix: "Restore it first.")
        }
        return experiment
    }

    func find(name: String) throws -> Experiment? {
        guard let row = try transaction.row("SELECT * FROM experiment WHERE workspace = ? AND name = ?", workspace, name) else {
            return nil
        }
        return try Self.decode(row, tags: try tags.tags(of: .integer(try row["id"])))
    }

    func rename(_ id: Int64, to name: String, at time: Timestamp) throws {
        do {
            try transaction.attempt {
                _ = try transaction.execute("UPDATE experiment SET name = ?, updated = ? WHERE id = ?", name, time, id)
            }
        } catch let violation as ConstraintViolation where violation.kind == .unique {
            throw try taken(name)
        }
    }

    /// Runs follow their experiment, both ways.
    func set(_ lifecycle: Lifecycle, on id: Int64, at time: Timestamp) throws {
        let deleted = lifecycle == .deleted ? time : nil
        try transaction.execute(
            "UPDATE experiment SET lifecycle = ?, updated = ?, deleted = ? WHERE id = ?", lifecycle, time, deleted, id)
        // A run that was put away before its experiment keeps its own time.
        try transaction.execute(
            """
            UPDATE run SET deleted = CASE WHEN lifecycle = 'deleted' AND deleted IS NOT NULL AND ? = 'deleted' THEN deleted
            ELSE CAST(? AS BIGINT) END, lifecycle = ? WHERE workspace = ? AND experiment = ?
            """, lifecycle, deleted, lifecycle, workspace, id)
    }

    func touch(_ id: Int64, at time: Timestamp) throws {
        try transaction.execute("UPDATE experiment SET updated = ? WHERE id = ?", time, id)
    }

    var tags: TagTable { TagTable("experiment_tag", of: "experiment", in: transaction) }

    static func decode(_ row: Row, tags: [Tag]) throws -> Experiment {
        Experiment(
            id: try row["id"], name: try row["name"], location: try row["location"], lifecycle: try row["lifecycle"],
            created: try row["created"], updated: try row["updated"], tags: tags)
    }

    private func taken(_ name: String) throws -> Problem {
        let isDeleted = try find(name: name)?.lifecycle == .deleted
        return Problem(
            .conflict, "tracking.experiment.exists",
            "Experiment '\(name.printable)' already exists\(isDeleted ? " in deleted state" : "").",
            why: "Names of experiments are unique in their workspace, also after deletion.",
            fix: isDeleted ? "Restore it, or choose another name." : "Use it, or choose another name.")
    }
}
