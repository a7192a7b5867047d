// SPDX-License-Identifier: Apache-2.0

import Backends
package import Delivery
package import Domain
package import Governance

/// An endpoint with its revisions and what of the traffic each has.
package struct EndpointOverview: Sendable {
    package var name: String
    /// Counts the splits.
    package var splitVersion: Int
    package var since: Timestamp
    /// Newest first, with the whole per cents of the traffic that it answers.
    package var revisions: [(revision: Revision, percent: Int)]
}

/// Reading endpoints and predictions.
package struct Endpoints: Sendable {
    /// Most endpoints of a page.
    package static let maximumPage = 1_000

    private let governor: Governor
    private let archive: PredictionArchive?

    package init(governor: Governor, archive: PredictionArchive? = nil) {
        self.governor = governor
        self.archive = archive
    }

    /// In order of names, after the one given; with the revisions that have traffic.
    package func list(after name: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [EndpointOverview] {
        let limit = max(1, min(limit, Self.maximumPage))
        return try await governor.read(.endpointRead, by: caller) { transaction in
            let rows = try transaction.rows(
                "SELECT endpoint FROM traffic_state WHERE workspace = ? AND endpoint > ? ORDER BY endpoint LIMIT ?", caller.workspace,
                name ?? "", limit)
            return try rows.compactMap { row in
                try Self.overview(of: try row["endpoint"], in: caller.workspace, onlyServing: true, transaction)
            }
        }
    }

    /// With its latest hundred revisions.
    ///
    /// - Throws: `Problem` `.notFound` when nothing has been released to it.
    package func endpoint(_ name: String, by caller: Caller) async throws -> EndpointOverview {
        try await governor.read(.endpointRead, by: caller) { transaction in
            guard let overview = try Self.overview(of: name, in: caller.workspace, onlyServing: false, transaction) else {
                throw Problem(
                    .notFound, "serving.endpoint.unknown", "Endpoint '\(name.printable)' does not exist.",
                    why: "Nothing has been released to it in workspace '\(caller.workspace.printable)'.",
                    fix: "List the endpoints: dhow endpoint list. Release a version to it: dhow release create.")
            }
            return overview
        }
    }

    /// - Throws: `Problem` `.notFound`; rows appear within about 100 ms of their answer.
    package func prediction(_ id: String, by caller: Caller) async throws -> (prediction: Prediction, label: Double?) {
        if let found = try await labelled(id, by: caller) { return found }
        if let archived = try await archive?.find(id, in: caller.workspace), let found = try await labelled(id, archived, by: caller) {
            return found
        }
        throw Problem(
            .notFound, "serving.prediction.unknown", "Prediction '\(id.printable)' is not in the log.",
            why: "Rows are logged within about 100 ms of their answer, under '<prediction_id>.<row>', counting rows from 0.")
    }

    private func labelled(
        _ id: String, _ archived: Prediction? = nil, by caller: Caller
    ) async throws -> (prediction: Prediction, label: Double?)? {
        try await governor.read(.endpointRead, by: caller) { transaction in
            guard let prediction = try archived ?? PredictionTable(transaction: transaction).find(id, in: caller.workspace) else {
                return nil
            }
            let labels = LabelTable(transaction: transaction, workspace: caller.workspace, endpoint: prediction.endpoint)
            return (prediction, try labels.find(id)?.value)
        }
    }

    /// How the version that the endpoint mirrors to compares with what its clients got.
    ///
    /// - Throws: `Problem` `.notFound` when it mirrors to none.
    package func mirror(of name: String, by caller: Caller) async throws -> (mirror: EndpointSettings.Mirror, comparison: ShadowComparison)
    {
        try await governor.read(.endpointRead, by: caller) { transaction in
            let endpoint = EndpointName(workspace: caller.workspace, name: name)
            guard let mirror = try EndpointSettingsTable(transaction: transaction).find(endpoint).settings.mirror else {
                throw Problem(
                    .notFound, "serving.mirror.none", "Endpoint '\(name.printable)' does not mirror its requests.",
                    fix: "Set 'mirror' in its settings: dhow endpoint configure ENDPOINT --file FILE.")
            }
            return (
                mirror,
                try ShadowTable(transaction: transaction).comparison(
                    of: name, in: caller.workspace, model: mirror.model, version: mirror.version)
            )
        }
    }

    private static func overview(
        of name: String, in workspace: String, onlyServing: Bool, _ transaction: any Transaction
    ) throws -> EndpointOverview? {
        guard let split = try TrafficSplits(transaction: transaction).current(name, in: workspace) else { return nil }
        let table = RevisionTable(transaction: transaction, workspace: workspace)
        let serving = split.shares.filter { $0.percent > 0 }.map(\.revision)
        let revisions = onlyServing ? try serving.compactMap { try table.find(name, $0) } : try table.revisions(name)
        return EndpointOverview(
            name: name, splitVersion: split.version, since: split.since, revisions: revisions.map { ($0, split.percent(of: $0.number)) })
    }
}
