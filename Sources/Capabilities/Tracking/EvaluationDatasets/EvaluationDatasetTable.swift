// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

struct EvaluationDatasetTable {
    static let space = SearchSpace(
        noun: "evaluation dataset", table: "evaluation_dataset",
        attributes: [
            "dataset_id": .init("evaluation_dataset.id", .text), "name": .init("evaluation_dataset.name", .text, isSelective: true),
            "created_time": .init("evaluation_dataset.created", .integer),
            "last_update_time": .init("evaluation_dataset.updated", .integer), "created_by": .init("evaluation_dataset.author", .text),
            "last_updated_by": .init("evaluation_dataset.editor", .text),
        ],
        facets: [.tag: .init("evaluation_dataset_tag", where: "facet.dataset = evaluation_dataset.id")],
        defaultOrder: [SortTerm(SearchSubject(.attribute, "created_time"), isDescending: true)], identity: ["dataset_id"])

    let transaction: any Transaction
    let workspace: String

    var tags: TagTable { TagTable("evaluation_dataset_tag", of: "dataset", in: transaction) }
    var records: EvaluationRecordTable { EvaluationRecordTable(transaction: transaction) }

    func insert(_ dataset: EvaluationDataset) throws {
        try transaction.execute(
            """
            INSERT INTO evaluation_dataset (id, workspace, name, digest, schema, record_count, created, author, updated, editor)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            dataset.id, workspace, dataset.name, dataset.digest, try dataset.schema.map(Self.text), dataset.recordCount, dataset.created,
            dataset.author, dataset.updated, dataset.editor)
        try tags.set(dataset.tags, on: .text(dataset.id))
        try add(dataset.experiments, to: dataset.id)
    }

    func update(_ dataset: EvaluationDataset) throws {
        try transaction.execute(
            "UPDATE evaluation_dataset SET digest = ?, schema = ?, record_count = ?, updated = ?, editor = ? WHERE id = ?", dataset.digest,
            try dataset.schema.map(Self.text), dataset.recordCount, dataset.updated, dataset.editor, dataset.id)
    }

    /// Without tags and experiments.
    func find(_ id: String) throws -> EvaluationDataset? {
        try transaction.row("SELECT * FROM evaluation_dataset WHERE id = ? AND workspace = ?", id, workspace).map(Self.decode)
    }

    func get(_ id: String) throws -> EvaluationDataset {
        guard let dataset = try find(id) else { throw EvaluationDataset.unknown(id) }
        return dataset
    }

    /// Adds tags and experiments, in a fixed number of statements per 200 datasets.
    func complete(_ datasets: [EvaluationDataset]) throws -> [EvaluationDataset] {
        let ids = datasets.map(\.id)
        let tags = try tags.tags(of: ids)
        var experiments: [String: [Int64]] = [:]
        try transaction.forEachRow(
            "SELECT dataset, experiment FROM evaluation_dataset_experiment WHERE dataset IN", anyOf: ids.map(\.databaseValue),
            "ORDER BY dataset, experiment"
        ) { experiments[try $0["dataset"], default: []].append(try $0["experiment"]) }
        return datasets.map { dataset in
            var dataset = dataset
            dataset.tags = tags[dataset.id] ?? []
            dataset.experiments = experiments[dataset.id] ?? []
            return dataset
        }
    }

    func add(_ experiments: [Int64], to id: String) throws {
        try transaction.insert(
            into: "evaluation_dataset_experiment (dataset, experiment)", rows: Set(experiments).sorted().map { [.text(id), .integer($0)] },
            "ON CONFLICT (dataset, experiment) DO NOTHING")
    }

    /// - Returns: Those it belonged to.
    func remove(_ experiments: [Int64], from id: String) throws -> [Int64] {
        try Set(experiments).sorted().filter { experiment in
            try transaction.execute("DELETE FROM evaluation_dataset_experiment WHERE dataset = ? AND experiment = ?", id, experiment) > 0
        }
    }

    func delete(_ id: String) throws {
        for table in ["evaluation_record", "evaluation_dataset_tag", "evaluation_dataset_experiment"] {
            try transaction.execute("DELETE FROM \(table) WHERE dataset = ?", id)
        }
        try transaction.execute("DELETE FROM evaluation_dataset WHERE id = ?", id)
    }

    static func decode(_ row: Row) throws -> EvaluationDataset {
        let schema: String? = try row["schema"]
        return EvaluationDataset(
            id: try row["id"], name: try row["name"], digest: try row["digest"],
            schema: try schema.map { try JSONDecoder().decode(EvaluationSchema.self, from: Data($0.utf8)) },
            recordCount: try row["record_count"], created: try row["created"], author: try row["author"], updated: try row["updated"],
            editor: try row["editor"])
    }

    private static func text(of schema: EvaluationSchema) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(schema), as: UTF8.self)
    }
}
