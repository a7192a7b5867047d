// SPDX-License-Identifier: Apache-2.0

import API
import Backends
package import Delivery
import Domain
package import Governance
package import Pipelines
package import Registry
package import Serving
package import Tracking

/// Follows a prediction back to the data, code and people it rests on. What is not there is said to be missing, with the reason.
package struct LineageQuery: Sendable {
    let governor: Governor
    private let endpoints: Endpoints
    let releases: Releases
    let rollouts: Rollouts
    let gates: Gates
    let approvals: Approvals
    let registry: ModelRegistry
    let runs: RunTracking
    let snapshots: SnapshotCatalogue
    let executions: Executions

    package init(
        governor: Governor, endpoints: Endpoints, releases: Releases, rollouts: Rollouts, gates: Gates, approvals: Approvals,
        registry: ModelRegistry, runs: RunTracking, snapshots: SnapshotCatalogue, executions: Executions
    ) {
        self.governor = governor
        self.endpoints = endpoints
        self.releases = releases
        self.rollouts = rollouts
        self.gates = gates
        self.approvals = approvals
        self.registry = registry
        self.runs = runs
        self.snapshots = snapshots
        self.executions = executions
    }

    /// - Throws: `Problem` `.notFound` when the prediction is not in the log, `.forbidden` when the caller may not read the ledger.
    func lineage(ofPrediction id: String, by caller: Caller) async throws -> LineageNodeAnswer {
        let (prediction, label) = try await endpoints.prediction(id, by: caller)
        var node = LineageNode(
            .prediction, prediction.id,
            facts: [
                "endpoint": prediction.endpoint, "about": prediction.time.text, "logged": prediction.logged.text,
                "score": prediction.score.map { "\($0)" } ?? "not a number", "label": label.map { "\($0)" },
                "candidate": prediction.candidate.map { "revision \($0) had \(prediction.candidatePercent) % of the traffic" },
            ])
        node.children = [try await revision(prediction.revision, of: prediction.endpoint, by: caller)]
        let root = node
        return try await governor.read(.ledgerRead, by: caller) { transaction in
            try LineageProofs(transaction: transaction, workspace: caller.workspace).answer(root)
        }
    }

    private func revision(_ number: Int, of endpoint: String, by caller: Caller) async throws -> LineageNode {
        let name = "\(endpoint) revision \(number)"
        let found = try await governor.read(.deliveryRead, by: caller) {
            try RevisionTable(transaction: $0, workspace: caller.workspace).find(endpoint, number)
        }
        guard let revision = found else { return LineageNode(.revision, name, missing: "The endpoint has no such revision.") }
        var node = LineageNode(
            .revision, name, facts: ["created": revision.created.text, "retired": revision.retired?.text],
            claims: [
                LedgerClaim(
                    "release/\(revision.release)", "release.started",
                    expecting: [
                        "endpoint": .string(endpoint), "revision": .integer(Int64(number)), "model": .string(revision.model),
                        "version": .integer(Int64(revision.version)),
                    ])
            ])
        node.children = [
            try await version(Int64(revision.version), of: revision.model, by: caller),
            try await release(revision.release, by: caller),
        ]
        return node
    }

    /// The node that `find` gives, or why there is none for this caller.
    func link(
        _ kind: LineageNode.Kind, _ name: String, _ find: () async throws -> LineageNode
    ) async throws -> LineageNode {
        do {
            return try await find()
        } catch let problem as Problem where problem.kind == .notFound || problem.kind == .forbidden {
            return LineageNode(kind, name, missing: problem.what)
        }
    }
}
