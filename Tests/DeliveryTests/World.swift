// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Delivery
import Domain
import Governance
import Statistics
import Synchronization
import TestSupport
import Tracking

/// A workspace with people, registered versions of the model `churn`, and Delivery over a fresh database.
struct World {
    static let model = "churn"
    static let endpoint = "front"

    let database: any Database
    let clock: TestClock
    let governor: Governor
    let gates: Gates
    let approvals: Approvals
    let links: ApprovalLinks
    let releases: Releases
    let rollouts: Rollouts
    let amina = World.caller("amina", .editor)
    let bruno = World.caller("bruno", .approver)
    let chen = World.caller("chen", .operator)

    static func run(on engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        try await engine.withDatabase([
            GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list, DeliveryMigrations.list,
            GateMigrations.list, ApprovalMigrations.list,
            versionMigrations,
        ]) {
            try await body(World($0))
        }
    }

    private init(_ database: any Database) async throws {
        self.database = database
        clock = TestClock()
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let versions = Self.versions
        gates = Gates(governor: governor, versions: versions)
        approvals = Approvals(governor: governor, versions: versions)
        links = ApprovalLinks(governor: governor, versions: versions, key: SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
        releases = Releases(governor: governor, versions: versions)
        rollouts = Rollouts(governor: governor, versions: versions)
        let callers = [amina, bruno, chen, Self.caller("dora", .admin), Self.caller("bot", .approver, kind: .service)]
        try await database.write { transaction in
            for caller in callers {
                try PrincipalTable(transaction: transaction).insert(caller.principal, at: Timestamp(milliseconds: 0))
                for role in caller.session.roles["main"] ?? [] {
                    try BindingTable(transaction: transaction).insert(
                        Binding(principal: caller.principal.name, workspace: "main", role: role), at: Timestamp(milliseconds: 0))
                }
            }
            for version in 1...4 {
                try transaction.execute("INSERT INTO churn_version (version, author) VALUES (?, ?)", version, "user:amina")
            }
        }
    }

    static func caller(_ name: String, _ role: Role, kind: Principal.Kind = .user) -> Caller {
        Caller(session: Session(principal: Principal(name: name, kind: kind), tokenID: nil, roles: ["main": [role]]), workspace: "main")
    }

    /// The registry's part, in two tables.
    private static let versionMigrations = MigrationList(
        "versions",
        [
            Migration(
                1, "versions",
                [
                    "CREATE TABLE churn_version (version BIGINT NOT NULL PRIMARY KEY, author TEXT NOT NULL)",
                    "CREATE TABLE churn_champion (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)",
                ])
        ])

    static let versions = VersionDirectory(
        author: { model, version, workspace, transaction in
            guard model == World.model, workspace == "main" else { return nil }
            return try transaction.row("SELECT author FROM churn_version WHERE version = ?", version).map { try $0["author"] }
        },
        champion: { _, _, transaction in try transaction.row("SELECT version FROM churn_champion").map { try $0["version"] } },
        crown: { _, version, change in
            try change.transaction.execute(
                "INSERT INTO churn_champion (id, version) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version", version)
        })

    func champion() async throws -> Int? {
        try await database.read { try $0.row("SELECT version FROM churn_champion").map { try $0["version"] } }
    }
}

extension World {
    static let gate = GateSpecification(
        name: "quality",
        checks: [GateCheck(name: "auc-floor", rule: .threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0.7)))])

    func subject(_ version: Int) -> ReleaseSubject {
        ReleaseSubject(endpoint: Self.endpoint, model: Self.model, version: version)
    }

    func report(_ version: Int, auc: Double = 0.8) async throws -> GateReport {
        try await gates.evaluate(
            Self.gate, GateEvidence(metrics: ["auc": auc], runID: "run-1"), of: Self.model, version: version,
            heldOutSnapshots: ["snapshot-june"], by: amina
        )
    }

    func approval(_ version: Int, _ report: GateReport) async throws -> Approval {
        let asked = try await approvals.request(for: subject(version), gateReport: report.id, by: amina)
        return try await approvals.decide(asked.id, .approve, comment: "Looks sound.", by: bruno)
    }

    /// Everything up to the release.
    func ready(_ version: Int, plan: RolloutPlan = RolloutPlan(minimumLabelled: 100)) async throws -> NewRelease {
        let report = try await report(version)
        let approval = try await approval(version, report)
        return NewRelease(subject: subject(version), plan: plan, gateReport: report.id, approval: approval.id)
    }

    /// Version 1 answers; the release of version 2 is in its first step.
    func canary(plan: RolloutPlan = RolloutPlan(minimumLabelled: 100)) async throws -> Rollout {
        _ = try await releases.create(try await ready(1), by: chen)
        let release = try await releases.create(try await ready(2, plan: plan), by: chen)
        return try await rollouts.rollout(release.rollout, by: chen)
    }

    /// Shares by revision.
    func traffic() async throws -> [Int: Int] {
        let split = try await releases.traffic(Self.endpoint, by: chen)
        return Dictionary(uniqueKeysWithValues: split.shares.map { ($0.revision, $0.percent) })
    }

    func verbs() async throws -> [String] {
        try await database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

final class TestClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

extension RolloutEvidence {
    static func labelled(_ each: Int, invalid: Int = 0) -> RolloutEvidence {
        RolloutEvidence(candidateLabelled: each, stableLabelled: each, candidatePredictions: max(each, invalid), candidateInvalid: invalid)
    }

    /// Thirty wrong answers, all of a candidate that has a tenth of the traffic.
    static var harmful: RolloutEvidence {
        var evidence = RolloutEvidence.labelled(500)
        for _ in 0..<30 { evidence.canary.observe(isCanary: true, weight: 0.1) }
        return evidence
    }
}

/// The code of the problem that `body` throws; nil when it throws none.
func code(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let problem as Problem {
        return problem.code
    }
}
