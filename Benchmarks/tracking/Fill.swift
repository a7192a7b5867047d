// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Rows written straight into a contender's database, so that large stores need not go through a slow server first.
///
/// Both products get the same runs, series and versions: run `i` has the metric `auc` = (7919 · i mod n) / n, which is different for each, the
/// param `depth` = i mod 10 and the param `seed` = i.
struct Fill {
    let contender: Contender

    static let experiment = 7
    static let model = "big"
    static let experiments = 1_000
    static let history = "loss"

    static func run(_ number: Int) -> String { String(repeating: "0", count: 22) + String(1_000_000_000 + number) }

    /// Runs in an experiment of their own.
    func runs(_ count: Int) throws {
        let id = "'\(String(repeating: "0", count: 22))' || CAST(1000000000 + i AS TEXT)"
        let auc = "CAST((7919 * i) % \(count) AS DOUBLE PRECISION) / \(count)"
        let started = "1700000000000 + i"
        switch contender.product {
        case .stock:
            try execute([
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) VALUES (\(Self.experiment), 'filled', 'mlflow-artifacts:/7', 'active', 1, 1)",
                """
                INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,
                lifecycle_stage, artifact_uri, experiment_id)
                \(series(count, "\(id), 'run', 'UNKNOWN', '', '', 'bench', 'FINISHED', \(started), \(started), '', 'active', 'mlflow-artifacts:/7', \(Self.experiment)"))
                """,
                "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) \(series(count, "'auc', \(auc), \(started), 0, \(no), \(id)"))",
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) \(series(count, "'auc', \(auc), \(started), \(id), 0, \(no)"))",
                "INSERT INTO params (key, value, run_uuid) \(series(count, "'depth', CAST(i % 10 AS TEXT), \(id)"))",
                "INSERT INTO params (key, value, run_uuid) \(series(count, "'seed', CAST(i AS TEXT), \(id)"))",
            ])
        case .dhow:
            try execute([
                "INSERT INTO experiment (id, workspace, name, location, lifecycle, created, updated) VALUES (\(Self.experiment), 'default', 'filled', 'store:7', 'active', 1, 1)",
                """
                INSERT INTO run (id, workspace, experiment, name, author, status, started, ended, lifecycle, location)
                \(series(count, "\(id), 'default', \(Self.experiment), 'run', 'bench', 'FINISHED', \(started), \(started), 'active', 'store:7'"))
                """,
                "INSERT INTO latest_metric (run, key, step, time, value, is_nan, experiment) \(series(count, "\(id), 'auc', 0, \(started), \(auc), 0, \(Self.experiment)"))",
                "INSERT INTO metric (run, key, step, time, value, is_nan) \(series(count, "\(id), 'auc', 0, \(started), \(auc), 0"))",
                "INSERT INTO param (run, key, value) \(series(count, "\(id), 'depth', CAST(i % 10 AS TEXT)"))",
                "INSERT INTO param (run, key, value) \(series(count, "\(id), 'seed', CAST(i AS TEXT)"))",
            ])
        }
    }

    /// One series of run 0, with a point a step.
    func history(_ count: Int) throws {
        let run = Self.run(0)
        let value = "CAST(i AS DOUBLE PRECISION) / 1000"
        switch contender.product {
        case .stock:
            try execute([
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) \(series(count, "'\(Self.history)', \(value), 1700000000000 + i, '\(run)', i, \(no)"))"
            ])
        case .dhow:
            try execute([
                "INSERT INTO metric (run, key, step, time, value, is_nan) \(series(count, "'\(run)', '\(Self.history)', i, 1700000000000 + i, \(value), 0"))"
            ])
        }
    }

    /// Versions of one model.
    func versions(_ count: Int) throws {
        switch contender.product {
        case .stock:
            try execute([
                "INSERT INTO registered_models (name, creation_time, last_updated_time) VALUES ('\(Self.model)', 1, 1)",
                """
                INSERT INTO model_versions (name, version, creation_time, last_updated_time, user_id, current_stage, source, run_id, status)
                \(series(count, "'\(Self.model)', i + 1, i, i, 'bench', 'None', 's3://bucket/' || CAST(i AS TEXT), 'run' || CAST(i AS TEXT), 'READY'"))
                """,
            ])
        case .dhow:
            try execute([
                "INSERT INTO registered_model (workspace, name, author, created, updated) VALUES ('default', '\(Self.model)', 'bench', 1, 1)",
                """
                INSERT INTO model_version (workspace, model, number, id, author, created, updated, stage, source, run, snapshots)
                \(series(count, "'default', '\(Self.model)', i + 1, 'version' || CAST(i AS TEXT), 'bench', i, i, 'None', 's3://bucket/' || CAST(i AS TEXT), 'run' || CAST(i AS TEXT), '[]'"))
                """,
            ])
        }
    }

    /// Experiments beside those of the other fills.
    func experiments(_ count: Int) throws {
        let name = "'listed ' || CAST(i AS TEXT)"
        switch contender.product {
        case .stock:
            // Postgres counts experiments apart from their rows: without this it gives out the ids that are taken, and the stock server
            // answers that the name is.
            let counter = "SELECT setval(pg_get_serial_sequence('experiments', 'experiment_id'), 1000000000)"
            try execute(
                [
                    "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) \(series(count, "1000 + i, \(name), 'mlflow-artifacts:/x', 'active', i, i"))"
                ] + (contender.engine == .postgres ? [counter] : []))
        case .dhow:
            try execute([
                "INSERT INTO experiment (id, workspace, name, location, lifecycle, created, updated) \(series(count, "1000 + i, 'default', \(name), 'store:x', 'active', i, i"))",
                "UPDATE experiment_counter SET value = 1000000000",
            ])
        }
    }

    /// `SELECT columns` for i from 0 to count - 1, in what SQLite and Postgres share.
    private func series(_ count: Int, _ columns: String) -> String {
        "WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1)) SELECT \(columns) FROM n"
    }

    private var no: String { contender.engine == .postgres ? "FALSE" : "0" }

    private func execute(_ statements: [String]) throws {
        let script = statements.joined(separator: ";\n") + ";\n"
        switch contender.engine {
        case .postgres:
            let command = ["psql", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", contender.databaseURL, "-f", "-"]
            try Tool.run(command, input: script + "ANALYZE;\n")
        case .sqlite:
            let file = contender.folder.appending(path: contender.product == .dhow ? "dhow.sqlite" : "mlflow.db").path
            // The standard library's module, because the command-line program of SQLite is seldom installed.
            let program = """
                import sqlite3, sys
                connection = sqlite3.connect(sys.argv[1], timeout=60)
                connection.executescript("BEGIN IMMEDIATE;\\n" + sys.stdin.read() + "COMMIT;")
                """
            try Tool.run([Tool.root.appending(path: ".venv/bin/python").path, "-c", program, file], input: script)
        }
    }
}
