// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Delivery
import Domain
import Governance
import Registry
import Tracking

/// From a snapshot both ways: what it followed, and who used it.
extension LineageQuery {
    /// Users of one kind that are shown, the newest.
    static let maximumUsers = 100

    /// The snapshot; beneath it the state before it, then the runs, executions, versions and gate reports that used it.
    ///
    /// - Throws: `Problem` `.notFound` for an unknown snapshot.
    func lineage(ofSnapshot id: String, by caller: Caller) async throws -> LineageNodeAnswer {
        let known = try await snapshots.get(id, by: caller)
        var node = try await snapshot(id, by: caller)
        node.facts += (try await snapshots.tags(of: [id], by: caller)[id] ?? []).map { ("tag \($0.key)", $0.value) }
        node.children = [try await predecessor(of: known, by: caller)]
        let limit = Self.maximumUsers
        let users = try await governor.read(.snapshotRead, by: caller) { transaction in
            let edges = LineageEdgeTable(transaction: transaction, workspace: caller.workspace)
            return (
                runs: try edges.runs(usingDigest: id, limit: limit),
                executions: try edges.users(.execution, of: .snapshot, id, limit: limit),
                versions: try edges.users(.version, of: .snapshot, id, limit: limit),
                reports: try edges.users(.gateReport, of: .snapshot, id, limit: limit)
            )
        }
        for run in users.runs { node.children.append(try await self.run(run, by: caller)) }
        for execution in users.executions { node.children.append(try await self.execution(execution, by: caller)) }
        for version in users.versions { node.children.append(try await self.version(id: version, by: caller)) }
        for report in users.reports { node.children.append(try await gateReport(report, by: caller)) }
        let root = node
        return try await governor.read(.ledgerRead, by: caller) { transaction in
            try LineageProofs(transaction: transaction, workspace: caller.workspace).answer(root)
        }
    }

    private func predecessor(of snapshot: Snapshot, by caller: Caller) async throws -> LineageNode {
        let before = try await snapshots.list(snapshot.dataset, before: snapshot.ordinal, limit: 1, by: caller).items.first
        guard let before else { return LineageNode(.snapshot, missing: "It is the dataset's first state.") }
        return try await self.snapshot(before.id, by: caller)
    }

    /// With the gate reports about it, and its run.
    private func version(id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.version, id) {
            let version = try await registry.version(id: id, by: caller)
            var node = Self.node(of: version)
            if let run = version.runID { node.children.append(try await self.run(run, by: caller)) }
            let reports = try await gates.reports(of: version.model, version: Int(version.number), limit: 10, by: caller)
            for report in reports { node.children.append(try await gateReport(report.id, by: caller)) }
            return node
        }
    }
}
