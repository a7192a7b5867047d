// SPDX-License-Identifier: Apache-2.0

package import API
package import Backends
import Domain

/// The tables of a stock MLflow database, 3.10 or later, read and never written.
///
/// Order: experiments, logged models, runs with their metrics, registered models. A position is a letter and the last id of that kind; a
/// run with more points than fit goes on at its last point. Every part is a few reads by primary key or by run.
package struct MLflowDatabaseSource: ImportSource {
    /// Points and files of one part.
    static let budget = 15_000
    static let page = 200

    let database: any Database
    let workspace: String
    let prefix: String
    let artifacts: ArtifactRoot?

    /// - Parameters:
    ///   - prefix: Put before the names of experiments and registered models.
    ///   - artifacts: The server's artifact folder, when it is on this machine; without it files stay where they are.
    package init(_ database: any Database, workspace: String = "default", prefix: String = "", artifacts: ArtifactRoot? = nil) {
        self.database = database
        self.workspace = workspace
        self.prefix = prefix
        self.artifacts = artifacts
    }

    package func names() async throws -> (experiments: [ExperimentName], models: [String]) {
        try await checked { [self] transaction in
            let experiments = try transaction.rows(
                "SELECT experiment_id, name FROM experiments WHERE workspace = ? ORDER BY experiment_id", workspace
            ).map { row in
                let id: Int64 = try row["experiment_id"]
                return ExperimentName(id: String(id), name: prefix + (try row["name"] as String))
            }
            let models = try transaction.rows("SELECT name FROM registered_models WHERE workspace = ? ORDER BY name", workspace).map {
                prefix + (try $0["name"] as String)
            }
            return (experiments, models)
        }
    }

    package func part(after position: String?) async throws -> SourcePart? {
        let phase = position?.first ?? "e"
        let last = position.map { String($0.dropFirst()) } ?? ""
        let part: SourcePart? =
            switch phase {
            case "e": try await experiments(after: Int64(last) ?? -1)
            case "l": try await loggedModels(after: last)
            case "r": try await runs(after: last)
            case "m": try await metrics(after: last)
            default: try await model(after: last)
            }
        if let part { return part }
        // The next kind, from its beginning.
        switch phase {
        case "e": return try await self.part(after: "l")
        case "l": return try await self.part(after: "r")
        case "r": return try await self.part(after: "v")
        default: return nil
        }
    }

    private func experiments(after id: Int64) async throws -> SourcePart? {
        let records = try await checked { [self] transaction in
            let rows = try transaction.rows(
                "SELECT * FROM experiments WHERE workspace = ? AND experiment_id > ? ORDER BY experiment_id LIMIT \(Self.page)", workspace,
                id)
            return try rows.map { row in
                let id: Int64 = try row["experiment_id"]
                return ExperimentRecord(
                    id: String(id), name: prefix + (try row["name"]), lifecycle: try row["lifecycle_stage"] ?? "active",
                    created: try row["creation_time"] ?? 0, updated: try row["last_update_time"] ?? 0,
                    place: ArtifactRoot.place(try row["artifact_location"]),
                    tags: try MLflowRows(transaction).tags("experiment_tags", "experiment_id", .integer(id)))
            }
        }
        guard let last = records.last else { return nil }
        var part = SourcePart(position: "e" + last.id)
        part.experiments = records
        return part
    }

    private func loggedModels(after id: String) async throws -> SourcePart? {
        let found = try await checked { [self] transaction in
            let rows = try transaction.rows(
                """
                SELECT logged_models.* FROM logged_models JOIN experiments ON experiments.experiment_id = logged_models.experiment_id
                WHERE experiments.workspace = ? AND model_id > ? ORDER BY model_id LIMIT \(Self.page)
                """, workspace, id)
            return try rows.map { (record: try MLflowRows(transaction).loggedModel($0), location: try $0["artifact_location"] as String) }
        }
        guard !found.isEmpty else { return nil }
        var part = SourcePart(position: "")
        for (record, location) in found {
            let files = record.place == nil ? try artifacts?.files(at: location) ?? [] : []
            if !part.loggedModels.isEmpty, part.files.count + files.count > Self.budget / 3 { break }
            part.loggedModels.append(record)
            part.files += files.map { SourceFile(run: nil, loggedModel: record.id, path: $0.path, file: $0.file) }
            part.position = "l" + record.id
        }
        return part
    }

    private func runs(after id: String) async throws -> SourcePart? {
        let found = try await checked { [self] transaction in
            let rows = try transaction.rows(
                """
                SELECT runs.* FROM runs JOIN experiments ON experiments.experiment_id = runs.experiment_id
                WHERE experiments.workspace = ? AND run_uuid > ? ORDER BY run_uuid LIMIT \(Self.page)
                """, workspace, id)
            let reading = MLflowRows(transaction)
            return try rows.map { row in
                let record = try reading.run(row)
                return (record: record, location: try row["artifact_uri"] as String?, points: try reading.pointCount(of: record.id))
            }
        }
        guard !found.isEmpty else { return nil }
        var part = SourcePart(position: "")
        var points: Int64 = 0
        for (record, location, count) in found {
            let files = record.place == nil ? try artifacts?.files(at: location) ?? [] : []
            if !part.runs.isEmpty, points + count > Self.budget || part.files.count + files.count > Self.budget / 3 { break }
            part.runs.append(record)
            part.files += files.map { SourceFile(run: record.id, loggedModel: nil, path: $0.path, file: $0.file) }
            points += count
            part.position = "r" + record.id
            let series = try await checked { try MLflowRows($0).series(of: record.id, after: nil, limit: Self.budget) }
            part.metrics += series.records
            if let next = series.next { part.position = "m" + next }
        }
        return part
    }

    /// What is left of a run whose points did not fit; then the runs after it.
    private func metrics(after place: String) async throws -> SourcePart? {
        let place = try MLflowRows.Place(parsing: place)
        let series = try await checked { try MLflowRows($0).series(of: place.run, after: place, limit: Self.budget) }
        var part = SourcePart(position: series.next.map { "m" + $0 } ?? "r" + place.run)
        part.metrics = series.records
        return part
    }

    /// One registered model with all its versions.
    private func model(after name: String) async throws -> SourcePart? {
        try await checked { [self] transaction in
            let row = try transaction.row(
                "SELECT * FROM registered_models WHERE workspace = ? AND name > ? ORDER BY name LIMIT 1", workspace, name)
            guard let row else { return nil }
            let reading = MLflowRows(transaction)
            let origin: String = try row["name"]
            var part = SourcePart(position: "v" + origin)
            part.models = [try reading.registeredModel(row, workspace: workspace, prefix: prefix)]
            part.versions = try reading.versions(of: origin, workspace: workspace, prefix: prefix)
            return part
        }
    }

    /// A read whose failure says what the database lacks.
    private func checked<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        do {
            return try await database.read(body)
        } catch let problem as Problem where problem.code == "database.statement.failed" {
            throw Problem(
                .invalid, "import.mlflow.schema", "This is not a database of MLflow 3.10 or later.",
                fix: "On a copy of it, run 'mlflow db upgrade URL' with a newer MLflow, and import the copy.")
        }
    }
}
