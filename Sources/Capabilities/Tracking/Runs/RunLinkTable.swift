// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// What runs read and made: datasets as they described them, and logged models.
struct RunLinkTable {
    let transaction: any Transaction

    func insert(_ input: RunInput, of run: Run, newID: () -> String) throws {
        let dataset = input.dataset
        try transaction.execute(
            """
            INSERT INTO input_dataset (id, experiment, name, digest, source_type, source, schema, profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (experiment, name, digest) DO NOTHING
            """,
            newID(), run.experiment, dataset.name, dataset.digest, dataset.sourceType, dataset.source, dataset.schema, dataset.profile)
        let tags = String(decoding: try JSONEncoder().encode(input.tags), as: UTF8.self)
        try transaction.execute(
            """
            INSERT INTO run_input (run, dataset, context, tags)
            SELECT CAST(? AS TEXT), id, CAST(? AS TEXT), CAST(? AS TEXT) FROM input_dataset WHERE experiment = ? AND name = ? AND digest = ?
            ON CONFLICT (run, dataset) DO UPDATE SET context = excluded.context, tags = excluded.tags
            """,
            run.id, input.context, tags, run.experiment, dataset.name, dataset.digest)
    }

    func insert(_ models: [RunModel], of run: String) throws {
        try transaction.insert(
            into: "run_model (run, direction, model, step)",
            rows: models.map { [.text(run), $0.direction.databaseValue, .text($0.model), .integer($0.step)] },
            "ON CONFLICT (run, direction, model) DO UPDATE SET step = excluded.step")
    }

    func inputs(of runs: [String]) throws -> [String: [RunInput]] {
        var inputs: [String: [RunInput]] = [:]
        try transaction.forEachRow(
            """
            SELECT run_input.run, run_input.context, run_input.tags, input_dataset.name, input_dataset.digest, input_dataset.source_type,
            input_dataset.source, input_dataset.schema, input_dataset.profile
            FROM run_input JOIN input_dataset ON input_dataset.id = run_input.dataset WHERE run_input.run IN
            """, anyOf: runs.map(\.databaseValue), "ORDER BY run_input.run, run_input.dataset"
        ) { row in
            let tags: String = try row["tags"]
            let dataset = InputDataset(
                name: try row["name"], digest: try row["digest"], sourceType: try row["source_type"], source: try row["source"],
                schema: try row["schema"], profile: try row["profile"])
            inputs[try row["run"], default: []].append(
                RunInput(dataset: dataset, tags: try JSONDecoder().decode([Tag].self, from: Data(tags.utf8)), context: try row["context"]))
        }
        return inputs
    }

    func models(of runs: [String]) throws -> [String: [RunModel]] {
        var models: [String: [RunModel]] = [:]
        try transaction.forEachRow(
            "SELECT run, direction, model, step FROM run_model WHERE run IN", anyOf: runs.map(\.databaseValue),
            "ORDER BY run, direction, step, model"
        ) { row in
            models[try row["run"], default: []].append(
                RunModel(model: try row["model"], direction: try row["direction"], step: try row["step"]))
        }
        return models
    }
}
