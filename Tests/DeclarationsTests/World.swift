// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Foundation
import Governance
import Monitoring
import Pipelines
import Registry
import Serving
import Synchronization
import TestSupport
import Tracking

/// Everything that can be declared, over a fresh database.
struct World: Sendable {
    let governor: Governor
    let declarations: Declarations
    let webhooks: Webhooks
    let clock = StillClock()
    let amina = World.caller("amina", [.admin])
    let editor = World.caller("edda", [.editor])
    let viewer = World.caller("vera", [.viewer])

    var monitors: Monitors { Monitors(governor: governor) }
    var triggers: Triggers { Triggers(governor: governor) }
    var catalogue: PipelineCatalogue { PipelineCatalogue(governor: governor) }
    var retention: Retention { Retention(governor: governor) }
    var experiments: ExperimentTracking { ExperimentTracking(governor: governor) }

    static func with(_ engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "declarations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lists = [
            BlobMigrations.list, GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            RegistryMigrations.list, PipelinesMigrations.list, DeliveryMigrations.list, GateMigrations.list, ApprovalMigrations.list,
            ServingMigrations.list, RevisionLoadMigrations.list, ArchiveMigrations.list, MonitoringMigrations.list,
            IncidentMigrations.list,
            WebhookMigrations.list, TraceMigrations.list, ImportMigrations.list, TriggersMigrations.list, TriggerActionsMigrations.list,
            DocumentMigrations.list,
        ]
        try await engine.withDatabase(lists) { try await body(try await World($0, folder)) }
    }

    private init(_ database: any Database, _ folder: URL) async throws {
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let vault = try KeyFileVault(path: folder.appending(path: "keys.json").path)
        webhooks = Webhooks(
            governor: governor, sender: WebhookSender(formats: WebhookFormats(), vault: vault, egress: ClosedEgress()))
        declarations = Declarations(
            governor: governor,
            kinds: DocumentKinds([
                RoleBindingKind(), GateKind(), EnvironmentKind(), EndpointKind(), PipelineKind(), MonitorKind(), RetentionPolicyKind(),
                WebhookKind(webhooks: webhooks),
                TriggerKind(triggers: Triggers(governor: governor)),
            ]))
        let callers = [amina, editor, viewer]
        try await database.write { transaction in
            for caller in callers {
                try PrincipalTable(transaction: transaction).insert(caller.principal, at: Timestamp(milliseconds: 0))
                for role in caller.session.roles["main"] ?? [] {
                    try BindingTable(transaction: transaction).insert(
                        Binding(principal: caller.principal.name, workspace: "main", role: role), at: Timestamp(milliseconds: 0))
                }
            }
        }
    }

    private static func caller(_ name: String, _ roles: Set<Role>) -> Caller {
        Caller(session: Session(principal: Principal(name: name, kind: .user), tokenID: nil, roles: ["main": roles]), workspace: "main")
    }

    /// The source `git` unless another is named; one file, `all.yaml`.
    func sent(
        _ documents: String..., source: String = "git", prunes: Bool = false, takesOver: Bool = false, commit: String? = "c1",
        folder: [String: BlobDigest] = [:]
    ) -> SentDocuments {
        SentDocuments(
            source: source, files: [.init(name: "all.yaml", text: documents.joined(separator: "\n---\n"), folder: folder)], prunes: prunes,
            takesOver: takesOver, commit: commit)
    }

    func plan(_ sent: SentDocuments) async throws -> DocumentPlan { try await declarations.plan(sent, by: amina) }

    @discardableResult
    func apply(_ sent: SentDocuments) async throws -> DocumentPlan { try await declarations.apply(sent, by: amina) }

    /// Verbs of the ledger, oldest first.
    func verbs() async throws -> [String] {
        try await governor.database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }

    func declared(_ source: String? = nil) async throws -> [DeclaredObject] {
        try await declarations.list(source: source, after: nil, limit: 100, by: amina)
    }
}

/// Documents as people write them.
enum Written {
    static func monitor(_ name: String, rows: Int? = nil) -> String {
        """
        apiVersion: dhow/v1
        kind: Monitor
        metadata: {name: \(name)}
        spec:
          endpoint: flights
          features:
            - {name: wind, kind: number}
        \(rows.map { "  thresholds: {minimumRows: \($0)}" } ?? "")
        """
    }

    static func pipeline(_ name: String, command: String = "true", source: String? = nil) -> String {
        """
        apiVersion: dhow/v1
        kind: Pipeline
        metadata: {name: \(name)}
        spec:
          parameters: [{name: months, default: "1"}]
          steps:
            - {name: train, command: ["\(command)"]\(source.map { ", source: [\($0)]" } ?? "")}
        """
    }

    static func trigger(_ name: String, pipeline: String, months: String = "2") -> String {
        """
        apiVersion: dhow/v1
        kind: Trigger
        metadata: {name: \(name)}
        spec: {event: performance.breached, pipeline: \(pipeline), parameters: {months: "\(months)"}}
        """
    }

    static func webhook(_ name: String, url: String = "https://hooks.example.org/a", events: String = "[version.registered]") -> String {
        """
        apiVersion: dhow/v1
        kind: Webhook
        metadata: {name: \(name)}
        spec: {url: "\(url)", events: \(events)}
        """
    }

    static func binding(_ name: String, _ principal: String, _ role: Role) -> String {
        """
        apiVersion: dhow/v1
        kind: RoleBinding
        metadata: {name: \(name)}
        spec: {principal: \(principal), role: \(role.rawValue)}
        """
    }

    static func retention(_ name: String, experiment: String? = nil, days: Int = 30) -> String {
        """
        apiVersion: dhow/v1
        kind: RetentionPolicy
        metadata: {name: \(name)}
        spec: {\(experiment.map { "experiment: \($0), " } ?? "")deletedDays: \(days)}
        """
    }
}

extension DocumentPlan {
    /// `create Monitor a`, in the order of the plan.
    var lines: [String] { objects.map { "\($0.action.rawValue) \($0.key.kind) \($0.key.name)" } }
    func object(_ name: String) -> PlannedObject? { objects.first { $0.key.name == name } }
}

final class StillClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func advance() { time.withLock { $0 = $0 + .seconds(1) } }
}

/// Refuses what leads to one host; sends nothing.
struct ClosedEgress: EgressClient {
    func check(_ url: EgressURL) async throws {
        guard url.host != "forbidden.example.org" else {
            throw Problem(.invalid, "egress.address.refused", "Nothing may be sent to 'forbidden.example.org'.", fix: "Choose another.")
        }
    }

    func send(_ request: EgressRequest) async throws -> EgressAnswer {
        throw Problem(.unavailable, "egress.closed", "Nothing is sent here.")
    }
}
