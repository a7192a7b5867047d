// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Reads what tracking keeps, whole: also what was put away.
package struct TrackingExport {
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func experiments(_ condition: String, _ values: [DatabaseValue]) throws -> [Experiment] {
        var items = try transaction.rows("SELECT * FROM experiment WHERE \(condition)", values: values).map {
            try ExperimentTable.decode($0, tags: [])
        }
        let tags = try ExperimentTable(transaction: transaction, workspace: workspace).tags.tags(of: items.map(\.id))
        for index in items.indices { items[index].tags = tags[items[index].id] ?? [] }
        return items
    }

    package func runs(_ condition: String, _ values: [DatabaseValue]) throws -> [Run] {
        var runs = try transaction.rows("SELECT * FROM run WHERE \(condition)", values: values).map(RunTable.decode)
        try RunTable(transaction: transaction, workspace: workspace).complete(&runs)
        return runs
    }

    package func loggedModels(_ condition: String, _ values: [DatabaseValue]) throws -> [LoggedModel] {
        var models = try transaction.rows("SELECT * FROM logged_model WHERE \(condition)", values: values).map(LoggedModelTable.decode)
        try LoggedModelTable(transaction: transaction, workspace: workspace).complete(&models)
        return models
    }

    /// Points of one series after another; a page may end within a series.
    package func metrics(of run: String, after token: PageToken?, limit: Int) throws -> (points: [Metric], next: PageToken?) {
        let table = RunTable(transaction: transaction, workspace: workspace)
        _ = try table.get(run)
        var last: Metric?
        if let token {
            guard case .text(let key) = token.values.last else { throw PageToken.refusal }
            last = try Metric(endOf: PageToken(values: token.values.dropLast()), key: key)
        }
        var points: [Metric] = []
        if let last { try table.metrics.history(of: last.key, in: run, after: last, limit: limit) { points.append($0) } }
        while points.count < limit {
            guard
                let row = try transaction.row(
                    "SELECT MIN(key) AS key FROM latest_metric WHERE run = ? AND key > ?", run, points.last?.key ?? last?.key ?? ""),
                let key: String = try row["key"]
            else { return (points, nil) }
            try table.metrics.history(of: key, in: run, after: nil, limit: limit - points.count) { points.append($0) }
        }
        guard let end = points.last else { return ([], nil) }
        return (points, end.pageTokenWithKey)
    }

    package func artifacts(of owner: ArtifactOwner, limit: Int) throws -> [Artifact] {
        guard let folder = try TrackingImport.folder(of: owner, workspace: workspace, in: transaction) else { return [] }
        return try ArtifactTable(transaction: transaction, workspace: workspace).files(below: folder, limit: limit).map { artifact in
            var artifact = artifact
            artifact.path = artifact.path.relative(to: folder) ?? artifact.path
            return artifact
        }
    }
}

extension Metric {
    /// The place after this point among all series of its run.
    fileprivate var pageTokenWithKey: PageToken { PageToken(values: pageToken.values + [.text(key)]) }
}
