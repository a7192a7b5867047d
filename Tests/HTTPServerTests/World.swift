// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Pipelines
import Registry
import Serving
import Synchronization
import TestSupport
import Tracking

/// People with tokens, every capability, and the delivery routes over a fresh database; requests go straight to the router.
struct World: Sendable {
    static let people: [(name: String, role: Role)] = [
        ("amina", .editor), ("bruno", .approver), ("chen", .operator), ("vera", .viewer),
    ]

    let database: any Database
    let blobs: LocalBlobStore
    let clock: TestClock
    let governor: Governor
    let registry: ModelRegistry
    let runs: RunTracking
    let snapshots: SnapshotCatalogue
    let artifacts: ArtifactStore
    let signer: LedgerSigner
    let client: any TestClientProtocol
    private let tokens: [String: String]

    /// An editor, for what no route of this test makes.
    let amina = Caller(
        session: Session(principal: Principal(name: "amina", kind: .user), tokenID: nil, roles: ["main": [.editor]]), workspace: "main")

    private static let migrations = [
        BlobMigrations.list, GovernanceMigrations.list, LedgerMigrations.list, TrackingMigrations.list, LineageMigrations.list,
        RegistryMigrations.list,
        PipelinesMigrations.list, TriggersMigrations.list, TriggerActionsMigrations.list, DeliveryMigrations.list, GateMigrations.list,
        ApprovalMigrations.list,
        ServingMigrations.list, RevisionLoadMigrations.list, ArchiveMigrations.list, TraceMigrations.list,
        EvaluationDatasetMigrations.list,
    ]

    static func run(on engine: TestDatabase, _ body: @Sendable (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await engine.withDatabase(migrations) { database in try await run(over: database, in: folder, body) }
    }

    private static func run(
        over database: any Database, in folder: URL, _ body: @Sendable (World) async throws -> Void
    ) async throws {
        let clock = TestClock()
        let vault = try KeyFileVault(path: folder.appending(path: "keys").path)
        let blobs = try await LocalBlobStore(folder: folder.appending(path: "blobs").path, vault: vault)
        let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let identity = Identity(governor: governor)
        let system = Caller.controller("test", in: "main")
        var tokens: [String: String] = [:]
        for (name, role) in people {
            let (_, secret) = try await identity.createToken(for: Principal(name: name, kind: .user), note: "", expires: nil, by: system)
            _ = try await identity.bind(Binding(principal: name, workspace: "main", role: role), by: system)
            tokens[name] = secret?.text
        }
        let signer = try await LedgerSigner(
            database: database, vault: vault, origin: "dhow.test", file: CheckpointFile(path: folder.appending(path: "checkpoint").path),
            clock: clock)
        let registry = ModelRegistry(governor: governor, blobs: blobs)
        let runs = RunTracking(governor: governor)
        let models = LoggedModelTracking(governor: governor)
        let snapshots = SnapshotCatalogue(governor: governor, blobs: blobs)
        let artifacts = ArtifactStore(governor: governor, blobs: blobs)
        let versions = VersionDirectory.registry
        let gates = Gates(governor: governor, versions: versions)
        let approvals = Approvals(governor: governor, versions: versions)
        let links = ApprovalLinks(governor: governor, versions: versions, key: try await vault.secret(for: "approval-links"))
        let releases = Releases(governor: governor, versions: versions)
        let rollouts = Rollouts(governor: governor, versions: versions)
        let executions = Executions(
            governor: governor, snapshots: snapshots, blobs: blobs,
            runner: try ProcessStepRunner(folder: folder.appending(path: "steps").path), secret: { _, _ in "" })
        let lineage = LineageQuery(
            governor: governor, endpoints: Endpoints(governor: governor), releases: releases, rollouts: rollouts, gates: gates,
            approvals: approvals, registry: registry, runs: runs, snapshots: snapshots, executions: executions)
        let key = signer.verifier.description
        let table = RouteTable(
            groups: [
                ExperimentRoutes(experiments: ExperimentTracking(governor: governor)), RunRoutes(runs: runs),
                LoggedModelRoutes(models: models), ArtifactRoutes(artifacts: artifacts, runs: runs, models: models),
                SnapshotRoutes(snapshots: snapshots, blobs: blobs), TraceRoutes(traces: TraceTracking(governor: governor)),
                EvaluationDatasetRoutes(datasets: EvaluationDatasetTracking(governor: governor)),
                GateReportRoutes(gates: gates, artifacts: artifacts), ApprovalRoutes(approvals: approvals, links: links),
                ApprovalLinkRoutes(links: links), GateRoutes(gates: gates),
                ReleaseRoutes(releases: releases), RolloutRoutes(rollouts: rollouts), ModelRoutes(registry: registry),
                ModelEditingRoutes(registry: registry),
                TransitionRoutes(registry: registry),
                TriggerRoutes(triggers: Triggers(governor: governor), clock: clock),
                BackfillRoutes(backfills: Backfills(governor: governor)),
                RegistrationRoutes(registry: registry, runs: runs, models: models),
                LedgerRoutes(governor: governor, key: key), LineageRoutes(query: lineage, key: key),
            ],
            gate: AccessGate(identity: identity, governor: governor, mode: .tokens), observer: RequestObserver(metrics: ServerMetrics()),
            deadlines: RequestDeadlines(), identifiers: governor.identifiers)
        let known = tokens
        try await Application(router: table.router()).test(.router) { client in
            try await body(
                World(
                    database: database, blobs: blobs, clock: clock, governor: governor, registry: registry, runs: runs,
                    snapshots: snapshots, artifacts: artifacts, signer: signer, client: client, tokens: known))
        }
    }

    func authorization(of person: String) -> String { "Bearer \(tokens[person] ?? "")" }

    /// The answer with its status, whatever it is.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: (any Encodable & Sendable)? = nil, as person: String?,
        workspace: String = "main", headers more: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.dhowWorkspace: workspace]
        headers.append(contentsOf: more)
        if let person { headers[.authorization] = "Bearer \(tokens[person] ?? "")" }
        // In one order, so that the same request is the same bytes.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try body.map { ByteBuffer(bytes: try encoder.encode($0)) }
        return try await client.executeRequest(uri: "/api/v1/" + path, method: method, headers: headers, body: bytes)
    }

    /// The answer, when the server did as it was asked.
    ///
    /// - Throws: `Unexpected` for a status other than 2xx.
    func ask<Answer: Decodable>(
        _ method: HTTPRequest.Method, _ path: String, _ body: (any Encodable & Sendable)? = nil, as person: String,
        for type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let response = try await send(method, path, body, as: person)
        guard response.status.kind == .successful else {
            throw Unexpected(status: response.status.code, body: String(buffer: response.body))
        }
        return try JSONDecoder().decode(Answer.self, from: Data(response.body.readableBytesView))
    }

    struct Unexpected: Error {
        var status: Int
        var body: String
    }

    /// Numbers and signs what the ledger has.
    func signLedger() async throws {
        try await LedgerSequencer(database: database).sequence()
        _ = try await signer.sign()
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// The stable code of a problem.
    var code: String? {
        try? JSONDecoder().decode([String: JSONValue].self, from: Data(body.readableBytesView))["code"]?.text
    }
}

final class TestClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
}

/// A file in one piece.
struct Bytes: AsyncSequence, Sendable {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            defer { rest = nil }
            return rest
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes) }
}
