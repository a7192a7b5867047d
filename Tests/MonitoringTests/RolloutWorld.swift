// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Monitoring
import Serving
import TestSupport
import Tracking

/// An endpoint on which version 1 answers and the rollout of version 2 is in its first step, a tenth of the traffic.
struct RolloutWorld {
    static let endpoint = "front"
    private static let model = "churn"

    let database: any Database
    let clock = TestClock()
    let governor: Governor
    let rollouts: Rollouts
    let rollout: Rollout
    let operatorCaller = RolloutWorld.caller("chen", .operator)

    static func run(
        on engine: TestDatabase, plan: RolloutPlan = RolloutPlan(minimumLabelled: 100), _ body: (RolloutWorld) async throws -> Void
    ) async throws {
        let lists = [
            GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list, DeliveryMigrations.list,
            GateMigrations.list, ApprovalMigrations.list,
            ServingMigrations.list, RevisionLoadMigrations.list, ArchiveMigrations.list, MonitoringMigrations.list,
            IncidentMigrations.list,
        ]
        try await engine.withDatabase(lists) { try await body(RolloutWorld($0, plan)) }
    }

    private init(_ database: any Database, _ plan: RolloutPlan) async throws {
        self.database = database
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let versions = VersionDirectory(author: { _, _, _, _ in "user:amina" }, champion: { _, _, _ in nil }, crown: { _, _, _ in })
        rollouts = Rollouts(governor: governor, versions: versions)
        let (author, approver) = (Self.caller("amina", .editor), Self.caller("bruno", .approver))
        let callers = [author, approver, operatorCaller]
        try await database.write { transaction in
            for caller in callers {
                try PrincipalTable(transaction: transaction).insert(caller.principal, at: Timestamp(milliseconds: 0))
                for role in caller.session.roles[World.workspace] ?? [] {
                    try BindingTable(transaction: transaction).insert(
                        Binding(principal: caller.principal.name, workspace: World.workspace, role: role), at: Timestamp(milliseconds: 0))
                }
            }
        }
        let gates = Gates(governor: governor, versions: versions)
        let approvals = Approvals(governor: governor, versions: versions)
        let releases = Releases(governor: governor, versions: versions)
        let gate = GateSpecification(
            name: "quality",
            checks: [GateCheck(name: "auc-floor", rule: .threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0.7)))])
        var last: Release?
        for version in 1...2 {
            let subject = ReleaseSubject(endpoint: Self.endpoint, model: Self.model, version: version)
            let report = try await gates.evaluate(
                gate, GateEvidence(metrics: ["auc": 0.8], runID: "run-1"), of: Self.model, version: version, heldOutSnapshots: ["snapshot"],
                by: author)
            let asked = try await approvals.request(for: subject, gateReport: report.id, by: author)
            let approval = try await approvals.decide(asked.id, .approve, comment: "Looks sound.", by: approver)
            let new = NewRelease(
                subject: subject, plan: plan, gateReport: report.id, approval: approval.id)
            last = try await releases.create(new, by: operatorCaller)
        }
        rollout = try await rollouts.rollout(last?.rollout ?? "", by: operatorCaller)
    }

    private static func caller(_ name: String, _ role: Role) -> Caller {
        Caller(
            session: Session(principal: Principal(name: name, kind: .user), tokenID: nil, roles: [World.workspace: [role]]),
            workspace: World.workspace)
    }

    func observer() -> RolloutObserver { RolloutObserver(governor: governor, rollouts: rollouts) }

    func phase() async throws -> RolloutState.Phase {
        try await rollouts.rollout(rollout.id, by: operatorCaller).state.phase
    }

    func evidence() async throws -> RolloutEvidence? {
        try await rollouts.rollout(rollout.id, by: operatorCaller).evidence
    }

    /// Answers every tenth row by the candidate; its score is nil where `candidateScore` says so.
    func log(
        _ count: Int, prefix: String, percent: Int = 10, candidateScore: Double?, stableScore: Double? = 0.1,
        inputs: (Int) -> [String: JSONValue] = { _ in [:] }, microseconds: (Bool, Int) -> Int64? = { _, _ in nil }, requestRows: Int = 1
    ) async throws {
        let now = clock.now()
        let predictions = (0..<count).map { index in
            let isCandidate = percent > 0 && index % 10 == 0
            return (
                workspace: World.workspace,
                prediction: Prediction(
                    id: "\(prefix).\(index)", endpoint: Self.endpoint, time: now,
                    revision: isCandidate ? rollout.candidate : rollout.stable ?? 0,
                    candidate: rollout.candidate, candidatePercent: percent, inputs: inputs(index),
                    score: isCandidate ? candidateScore : stableScore,
                    logged: now, microseconds: microseconds(isCandidate, index), requestRows: requestRows)
            )
        }
        try await database.write { try PredictionTable(transaction: $0).insert(predictions) }
    }

    func label(_ range: Range<Int>, prefix: String, value: Double = 0) async throws {
        let labels = range.map { Label(predictionID: "\(prefix).\($0)", value: value) }
        _ = try await Labels(governor: governor).record(labels, for: Self.endpoint, by: .controller("test", in: World.workspace))
    }
}
