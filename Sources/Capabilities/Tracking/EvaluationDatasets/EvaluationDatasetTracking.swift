// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
package import Governance

/// The use cases of evaluation datasets: what programs are evaluated with, changed in the open.
package struct EvaluationDatasetTracking: Sendable {
    package static let maximumPage = 1_000
    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// - Parameter experiments: To which it belongs from the beginning.
    package func create(
        _ name: String, tags: [Tag] = [], experiments: [Int64] = [], by caller: Caller
    ) async throws -> EvaluationDataset {
        try EvaluationLimit.check(name: name)
        try EvaluationLimit.check(tags)
        try EvaluationLimit.check(experiments)
        return try await governor.change(.trackingWrite, by: caller) { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            try Self.check(experiments, in: change)
            let author = caller.principal.qualifiedName
            let dataset = EvaluationDataset(
                id: "d-" + HexIdentifier.text(of: change.newIdentifier()), name: name, digest: Self.digest(of: name, at: change.time),
                schema: nil, recordCount: 0, created: change.time, author: author, updated: change.time, editor: author, tags: tags,
                experiments: experiments)
            try table.insert(dataset)
            try Self.checkTags(of: dataset.id, in: table)
            try change.record(
                "evaluation-dataset.created", on: "evaluation-dataset/\(dataset.id)",
                ["name": .string(name), "experiments": .array(experiments.map { .integer($0) })])
            return try table.complete([dataset])[0]
        }
    }

    package func get(_ id: String, by caller: Caller) async throws -> EvaluationDataset {
        try await governor.read(.trackingRead, by: caller) { transaction in
            let table = EvaluationDatasetTable(transaction: transaction, workspace: caller.workspace)
            return try table.complete([try table.get(id)])[0]
        }
    }

    /// - Parameter experiments: Only datasets that belong to one of these; of all when empty.
    package func search(
        _ filter: String, in experiments: [Int64] = [], order: [String] = [], after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [EvaluationDataset], next: PageToken?) {
        let comparisons = try FilterParser.comparisons(in: filter)
        let terms = try order.map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        try EvaluationLimit.check(experiments)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            var statement = SearchStatement(of: EvaluationDatasetTable.space, on: transaction.engine)
            statement.require("evaluation_dataset.workspace = ?", [.text(caller.workspace)])
            if !experiments.isEmpty {
                let marks = experiments.map { _ in "?" }.joined(separator: ", ")
                statement.require(
                    """
                    evaluation_dataset.id IN (SELECT link.dataset FROM evaluation_dataset_experiment link WHERE link.experiment IN (\(marks)))
                    """, experiments.map(\.databaseValue))
            }
            try statement.require(comparisons)
            try statement.sort(by: terms)
            let (items, next) = try statement.page(
                after: token, limit: limit, in: transaction, EvaluationDatasetTable.decode)
            return (try EvaluationDatasetTable(transaction: transaction, workspace: caller.workspace).complete(items), next)
        }
    }

    /// Deletes the dataset and its records for good; one that is not there needs no deleting.
    package func delete(_ id: String, by caller: Caller) async throws {
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            guard let dataset = try table.find(id) else { return Nothing() }
            try table.delete(id)
            try change.record(
                "evaluation-dataset.deleted", on: "evaluation-dataset/\(id)",
                ["name": .string(dataset.name), "digest": .string(dataset.digest), "records": .integer(dataset.recordCount)])
            return Nothing()
        }
    }

    /// Adds tags to what there is.
    package func setTags(_ tags: [Tag], on id: String, by caller: Caller) async throws {
        try EvaluationLimit.check(tags)
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            _ = try table.get(id)
            guard !tags.isEmpty else { return Nothing() }
            try table.tags.set(tags, on: .text(id))
            try Self.checkTags(of: id, in: table)
            try change.record(
                "evaluation-dataset.tagged", on: "evaluation-dataset/\(id)", ["keys": .array(tags.map { .string($0.key) })])
            return Nothing()
        }
    }

    /// A dataset or tag that is not there needs no deleting.
    package func deleteTag(_ key: String, of id: String, by caller: Caller) async throws {
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            guard try table.find(id) != nil, try table.tags.delete(key, of: .text(id)) else { return Nothing() }
            try change.record("evaluation-dataset.untagged", on: "evaluation-dataset/\(id)", ["key": .string(key)])
            return Nothing()
        }
    }

    /// - Throws: `Problem` `.notFound` for an unknown experiment.
    package func add(_ experiments: [Int64], to id: String, by caller: Caller) async throws -> EvaluationDataset {
        try EvaluationLimit.check(experiments)
        return try await edit(id, by: caller) { change, table, dataset in
            try Self.check(experiments, in: change)
            try table.add(experiments, to: id)
            try EvaluationLimit.check(try table.complete([dataset])[0].experiments)
            dataset.updated = change.time
            try change.record(
                "evaluation-dataset.linked", on: "evaluation-dataset/\(id)", ["experiments": .array(experiments.map { .integer($0) })])
        }
    }

    /// Experiments it does not belong to stay so.
    package func remove(_ experiments: [Int64], from id: String, by caller: Caller) async throws -> EvaluationDataset {
        try EvaluationLimit.check(experiments)
        return try await edit(id, by: caller) { change, table, dataset in
            let removed = try table.remove(experiments, from: id)
            guard !removed.isEmpty else { return }
            dataset.updated = change.time
            try change.record(
                "evaluation-dataset.unlinked", on: "evaluation-dataset/\(id)", ["experiments": .array(removed.map { .integer($0) })])
        }
    }

    func edit(
        _ id: String, by caller: Caller,
        _ body: @escaping @Sendable (Change, EvaluationDatasetTable, inout EvaluationDataset) throws -> Void
    ) async throws -> EvaluationDataset {
        try await governor.change(.trackingWrite, by: caller, locking: "evaluation-dataset/\(id)") { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            let before = try table.get(id)
            var dataset = before
            try body(change, table, &dataset)
            if dataset != before { try table.update(dataset) }
            return try table.complete([dataset])[0]
        }
    }

    /// The first 8 digits of the SHA-256 of `name:milliseconds`, as MLflow has it.
    static func digest(of name: String, at time: Timestamp) -> String {
        String(SHA256.hash(data: Data("\(name):\(time.milliseconds)".utf8)).lowercaseHexadecimal.prefix(8))
    }

    private static func check(_ experiments: [Int64], in change: Change) throws {
        let table = ExperimentTable(transaction: change.transaction, workspace: change.workspace)
        for experiment in experiments { _ = try table.get(experiment) }
    }

    private static func checkTags(of id: String, in table: EvaluationDatasetTable) throws {
        guard try table.tags.tags(of: .text(id)).count <= EvaluationLimit.tags else {
            throw Problem(
                .invalid, "tracking.evaluation-dataset.tags-too-many",
                "The evaluation dataset would have more than \(EvaluationLimit.tags) tags.", fix: "Delete some first.")
        }
    }
}
