// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Tracking

/// Reads a workspace page by page, whole and with what was put away: for exports, and to compare an import with its source.
///
/// Each page is one read in the order of a primary key, so its cost is that of its rows.
package struct Exports: Sendable {
    /// Most files of one owner.
    package static let maximumFiles = 100_000

    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Which part of the workspace is read.
    package struct Choice: Sendable {
        /// Only what came with this import.
        package var importID: String?
        /// Only runs and logged models of this experiment.
        package var experiment: Int64?
        package var limit: Int

        package init(importID: String? = nil, experiment: Int64? = nil, limit: Int) {
            self.importID = importID
            self.experiment = experiment
            self.limit = limit
        }

        func sql(_ kind: ImportedKind, _ target: String) -> (text: String, values: [DatabaseValue]) {
            var part: (text: String, values: [DatabaseValue]) = ("", [])
            if let importID {
                part.text += " AND \(target) IN (SELECT target FROM imported WHERE import = ? AND kind = ?)"
                part.values += [.text(importID), kind.databaseValue]
            }
            if let experiment, kind == .run || kind == .loggedModel {
                part.text += " AND experiment = ?"
                part.values.append(.integer(experiment))
            }
            return part
        }
    }

    package func experiments(after id: Int64?, _ choice: Choice, by caller: Caller) async throws -> [Experiment] {
        try await governor.read(.exportRead, by: caller) { transaction in
            let part = choice.sql(.experiment, "CAST(id AS TEXT)")
            return try TrackingExport(transaction: transaction, workspace: caller.workspace).experiments(
                "workspace = ? AND id > ?\(part.text) ORDER BY id LIMIT \(choice.limit)",
                [.text(caller.workspace), .integer(id ?? -1)] + part.values)
        }
    }

    package func runs(after id: String?, _ choice: Choice, by caller: Caller) async throws -> [Run] {
        try await governor.read(.exportRead, by: caller) { transaction in
            let part = choice.sql(.run, "id")
            return try TrackingExport(transaction: transaction, workspace: caller.workspace).runs(
                "workspace = ? AND id > ?\(part.text) ORDER BY id LIMIT \(choice.limit)",
                [.text(caller.workspace), .text(id ?? "")] + part.values)
        }
    }

    package func loggedModels(after id: String?, _ choice: Choice, by caller: Caller) async throws -> [LoggedModel] {
        try await governor.read(.exportRead, by: caller) { transaction in
            let part = choice.sql(.loggedModel, "id")
            return try TrackingExport(transaction: transaction, workspace: caller.workspace).loggedModels(
                "workspace = ? AND id > ?\(part.text) ORDER BY id LIMIT \(choice.limit)",
                [.text(caller.workspace), .text(id ?? "")] + part.values)
        }
    }

    /// All series of a run, by key, step, time and value.
    package func metrics(of run: String, after token: PageToken?, limit: Int, by caller: Caller) async throws -> (
        points: [Metric], next: PageToken?
    ) {
        try await governor.read(.exportRead, by: caller) { transaction in
            try TrackingExport(transaction: transaction, workspace: caller.workspace).metrics(of: run, after: token, limit: limit)
        }
    }

    /// Files beneath the folder of a run or logged model, by their paths there; none when they are in another store.
    package func artifacts(of owner: ArtifactOwner, by caller: Caller) async throws -> [Artifact] {
        try await governor.read(.exportRead, by: caller) { transaction in
            try TrackingExport(transaction: transaction, workspace: caller.workspace).artifacts(of: owner, limit: Self.maximumFiles)
        }
    }

    /// Where the files of a run or logged model are in our store; nil when they are elsewhere.
    package func folder(of owner: ArtifactOwner, by caller: Caller) async throws -> ArtifactPath? {
        try await governor.read(.exportRead, by: caller) {
            try TrackingImport.folder(of: owner, workspace: caller.workspace, in: $0)
        }
    }

    package func models(after name: String?, _ choice: Choice, by caller: Caller) async throws -> [RegisteredModel] {
        try await governor.read(.exportRead, by: caller) { transaction in
            let part = choice.sql(.model, "name")
            var models = try transaction.rows(
                "SELECT * FROM registered_model WHERE workspace = ? AND name > ?\(part.text) ORDER BY name LIMIT \(choice.limit)",
                values: [.text(caller.workspace), .text(name ?? "")] + part.values
            ).map(RegisteredModelTable.decode)
            try RegisteredModelTable(transaction: transaction, workspace: caller.workspace).complete(&models)
            return models
        }
    }

    package func versions(of model: String, after number: Int64?, _ choice: Choice, by caller: Caller) async throws -> [ModelVersion] {
        try await governor.read(.exportRead, by: caller) { transaction in
            let part = choice.sql(.version, "id")
            let table = ModelVersionTable(transaction: transaction, workspace: caller.workspace)
            return try transaction.rows(
                """
                SELECT * FROM model_version WHERE workspace = ? AND model = ? AND number > ?\(part.text)
                ORDER BY number LIMIT \(choice.limit)
                """, values: [.text(caller.workspace), .text(model), .integer(number ?? 0)] + part.values
            ).map { try table.complete(try table.decode($0), withFiles: true) }
        }
    }
}
