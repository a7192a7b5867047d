// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
package import Domain

/// Traffic as Delivery's tables have it.
package struct DeliveredTraffic: TrafficSource {
    private let database: any Database

    package init(database: any Database) {
        self.database = database
    }

    package func traffic(changedSince time: Timestamp?, except known: [EndpointName: RouteState]) async throws -> [EndpointTraffic] {
        try await database.read { transaction in
            let splits = try TrafficSplits(transaction: transaction).versions(changedSince: time)
            let changed = Set(
                splits.filter { known[EndpointName(workspace: $0.workspace, name: $0.endpoint)]?.split != $0.version }
                    .map { EndpointName(workspace: $0.workspace, name: $0.endpoint) })
            let configured = Set(try EndpointSettingsTable(transaction: transaction).changed(since: time))
            return try changed.union(configured).compactMap { name in
                guard let traffic = try Self.traffic(of: name, in: transaction) else { return nil }
                return traffic.state == known[name] ? nil : traffic
            }
        }
    }

    package static func isInRollout(_ endpoint: EndpointName, _ transaction: any Transaction) throws -> Bool {
        try transaction.row(
            "SELECT 1 AS one FROM rollout WHERE workspace = ? AND endpoint = ? AND phase IN ('progressing', 'paused')", endpoint.workspace,
            endpoint.name) != nil
    }

    private static func traffic(of endpoint: EndpointName, in transaction: any Transaction) throws -> EndpointTraffic? {
        guard let split = try TrafficSplits(transaction: transaction).current(endpoint.name, in: endpoint.workspace) else { return nil }
        let revisions = RevisionTable(transaction: transaction, workspace: endpoint.workspace)
        let shares = try split.shares.map { share in
            guard let revision = try revisions.find(endpoint.name, share.revision) else {
                throw Problem(
                    .internal, "serving.revision.missing", "Revision \(share.revision) of endpoint '\(endpoint.name)' is missing.",
                    why: "Its traffic split names it.")
            }
            let version = ServedVersion(workspace: endpoint.workspace, model: revision.model, number: revision.version)
            return EndpointTraffic.Share(revision: share.revision, version: version, percent: share.percent)
        }
        let rollout = try transaction.row(
            "SELECT candidate FROM rollout WHERE workspace = ? AND endpoint = ? AND phase IN ('progressing', 'paused')", endpoint.workspace,
            endpoint.name)
        var settings = try EndpointSettingsTable(transaction: transaction).find(endpoint)
        // A release that begins as a shadow comes before a mirror that was set by hand.
        if let shadow = try ShadowCandidate.find(endpoint.name, in: endpoint.workspace, transaction) {
            settings.settings.mirror = EndpointSettings.Mirror(model: shadow.model, version: shadow.version, percent: 100)
        }
        return EndpointTraffic(
            endpoint: endpoint, version: split.version, salt: split.salt, shares: shares,
            candidate: try rollout.map { try $0["candidate"] }, settings: settings.settings, settingsVersion: settings.version)
    }
}
