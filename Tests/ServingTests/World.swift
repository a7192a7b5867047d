// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import TestSupport

/// Two versions of one model served at one endpoint: the logistic regression is version 1, the gradient boosting version 2.
struct World {
    static let endpoint = EndpointName(workspace: "default", name: "tumours")
    static let first = ServedVersion(workspace: "default", model: "tumour", number: 1)
    static let second = ServedVersion(workspace: "default", model: "tumour", number: 2)

    let database: any Database
    let clock = HandClock()
    let governor: Governor
    let blobs = MemoryBlobs()
    let files: KnownFiles
    let traffic = HandTraffic()
    let host: ModelHost
    let router: TrafficRouter
    let log: PredictionLog
    let mirror: ShadowMirror
    let mirrorLog: ShadowLog
    let features: OnlineFeatures
    let loads: RevisionLoads
    let inference: InferenceService
    let caller = Caller.controller("test", in: "default")

    init(_ database: any Database, runtime: Result<any ModelRuntime, Problem>? = nil) throws {
        self.database = database
        governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
        let regression = try Fixtures.bytes("logistic_regression.onnx")
        let boosting = try Fixtures.bytes("gradient_boosting.onnx")
        files = KnownFiles([
            Self.first: [
                ServedFile(path: "MLmodel", digest: blobs.keep([0], number: 9), size: 1),
                ServedFile(path: "model.onnx", digest: blobs.keep(regression, number: 1), size: Int64(regression.count)),
            ],
            Self.second: [ServedFile(path: "model.onnx", digest: blobs.keep(boosting, number: 2), size: Int64(boosting.count))],
        ])
        let runtime = try runtime ?? .success(Fixtures.runtime())
        host = ModelHost(runtimes: ModelRuntimes([.onnx: runtime]), files: files, blobs: blobs, clock: clock)
        router = TrafficRouter(source: traffic, host: host, governor: governor)
        log = PredictionLog(database: database)
        let pool = InferencePool()
        mirrorLog = ShadowLog(database: database)
        mirror = ShadowMirror(host: host, pool: pool, log: mirrorLog, clock: clock)
        features = OnlineFeatures(governor: governor)
        loads = RevisionLoads(database: database)
        inference = InferenceService(
            governor: governor, router: router, host: host, log: log, pool: pool, mirror: mirror, features: features, loads: loads)
    }

    static func with(
        _ engine: TestDatabase = .sqlite, runtime: Result<any ModelRuntime, Problem>? = nil, _ body: (World) async throws -> Void
    ) async throws {
        try await engine.withDatabase([
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, ServingMigrations.list, RevisionLoadMigrations.list,
            ArchiveMigrations.list,
        ]) { database in
            try await body(try World(database, runtime: runtime))
        }
    }

    /// No endpoint of these tests is in a rollout.
    var archive: PredictionArchive { PredictionArchive(governor: governor, blobs: blobs, isInRollout: { _, _ in false }) }

    /// Revision 1 is version 1, revision 2 version 2 and the candidate.
    func split(candidate percent: Int) {
        traffic.set(
            Self.endpoint,
            [
                .init(revision: 2, version: Self.second, percent: percent), .init(revision: 1, version: Self.first, percent: 100 - percent),
            ], candidate: 2)
        router.noteChange()
    }

    func configure(_ settings: EndpointSettings) {
        traffic.configure(Self.endpoint, settings)
        router.noteChange()
    }

    func onlyFirst() {
        traffic.set(Self.endpoint, [.init(revision: 1, version: Self.first, percent: 100)])
        router.noteChange()
    }

    func infer(_ request: InferenceRequest, version: Int? = nil) async throws -> InferenceAnswer {
        try await inference.infer(Self.endpoint.name, version: version, request, by: caller)
    }

    /// The logged rows of an answer, in row order.
    func logged(_ answer: InferenceAnswer, rows: Int) async throws -> [Prediction] {
        await log.flush()
        return try await database.read { transaction in
            try (0..<rows).compactMap { try PredictionTable(transaction: transaction).find("\(answer.id).\($0)", in: "default") }
        }
    }
}

extension Tensor {
    var floats: [Float] { if case .float32(let values) = values { values } else { [] } }
}
