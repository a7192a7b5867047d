// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Egress
import Foundation
import Governance
import HTTPServer
import Kafka
import Logging
import Monitoring
import Pipelines
import Redis
import Registry
import ServiceLifecycle
import Serving
import Streaming
import Tracking

/// What each role runs beside answering requests.
extension Platform {
    func services(for roles: Set<ServerRole>, address: ServerAddress) -> [any Service] {
        var services: [any Service] = [
            ledger, Loop("housekeeping", logger) { try await housekeep() },
            Loop("deadlines", logger) { try await deadlines.run() },
        ]
        if roles.contains(.inference) {
            if let servers = serving.servers { services.append(ModelServersService(servers: servers)) }
            services += [
                Loop("routes", logger) { await serving.router.run() },
                Loop("prediction log", logger) { await serving.log.run() },
                Loop("tests of previews", logger) { try await testPreviews() },
                Loop("loads of revisions", logger) { await serving.loads.run() },
                Loop("mirrored predictions", logger) { await serving.mirrorLog.run() },
            ]
        }
        if roles.contains(.controller) {
            let triggers = triggerListener
            services += [
                Loop("rollouts", logger) { try await serving.observer.run() },
                Loop("rollout times", logger) { try await passRolloutTimes() },
                Loop("guards of rollouts", logger) { try await readGuards() },
                Loop("approval reminders", logger) { try await remindOfApprovals() },
                Loop("monitors", logger) { try await monitorController.run() },
                Loop("triggers", logger) { await triggers.run() },
                Loop("webhooks", logger) { await webhooks.dispatcher.run() },
                Loop("streams", logger) { await streamController.run() },
                Loop("retention", logger) { try await retentionController.run() },
            ]
            if let push = metricsPush { services.append(Loop("metrics of monitors", logger) { try await push.run() }) }
        }
        if roles.contains(.worker) {
            let engine = engine(address: address)
            services.append(Loop("worker", logger) { await engine.run() })
        }
        return services
    }

    private func engine(address: ServerAddress) -> ExecutionEngine {
        let blobs = storage.blobs
        let logger = logger
        let credentials = StepCredentials(identity: identity, address: address)
        let secrets = secrets
        return ExecutionEngine(
            governor: governor, snapshots: snapshots, models: RegistryDirectory(registry: registry), runner: runner, blobs: blobs,
            folders: StepFolders(root: storage.folder.workFolder),
            handlers: [
                .register: RegisterHandler(registry: registry, attestations: attestations, blobs: blobs),
                .gate: GateHandler(gates: delivery.gates, blobs: blobs),
                .approval: ApprovalHandler(approvals: delivery.approvals, blobs: blobs),
                .release: ReleaseHandler(releases: delivery.releases, blobs: blobs),
                .baseline: BaselineHandler(monitors: monitors, blobs: blobs),
            ],
            settings: WorkerSettings(
                owner: workerName, environment: StepCredentials.hostEnvironment,
                slots: storage.settings.slots ?? WorkerSettings.defaultSlots, gpus: gpus, region: storage.settings.region,
                sandbox: SandboxRule(storage.settings.sandbox, hasNetwork: true),
                environmentsFolder: storage.folder.environmentsFolder,
                secret: { try await secrets.value(of: $0, in: $1) },
                endCredentials: { try await credentials.revoke(for: $0, $1) }, credentials: { try await credentials.variables(for: $0, $1) }
            ),
            report: { execution, error in
                logger.error("an execution cannot go on", metadata: ["execution": .string(execution), "error": .string("\(error)")])
            })
    }

    /// The same after a restart, so that this worker takes its own executions up at once; another for every installation.
    private var workerName: String {
        "\(ProcessInfo.processInfo.hostName):\(storage.folder.path)"
    }

    /// Retraining on broken data is never started: an open data fault of the endpoint blocks its triggers.
    private var triggerListener: TriggerListener {
        let logger = logger
        return TriggerListener(
            governor: governor, folders: storage.settings.watchedFolders,
            report: { logger.error("triggers were not dealt with", metadata: ["error": .string("\($0)")]) },
            perform: TriggerActions(versions: .registry).perform,
            block: { transaction, entry in
                guard let endpoint = entry.payload["endpoint"]?.text else { return nil }
                return try Incidents.brokenData(of: endpoint, workspace: entry.workspace, in: transaction)
            })
    }

    private var monitorController: MonitorController {
        let logger = logger
        return MonitorController(governor: governor, archive: serving.archive) { monitor, error in
            logger.error("a monitor could not judge its window", metadata: ["monitor": .string(monitor), "error": .string("\(error)")])
        }
    }

    private var metricsPush: MetricsPush? {
        let logger = logger
        return storage.settings.otlpEndpoint.map { url in
            MetricsPush(
                metrics: monitorMetrics, to: url, through: HTTPEgressClient(allowance: storage.settings.egressAllowance),
                instance: storage.settings.instance, clock: storage.clock
            ) { logger.warning("metrics of monitors were not pushed", metadata: ["error": .string("\($0)")]) }
        }
    }

    private var streamController: StreamController {
        let (logger, secrets) = (logger, secrets)
        let allowance = storage.settings.egressAllowance
        return StreamController(
            governor: governor,
            connections: StreamConnections(
                redis: RedisBroker(allowance: allowance),
                kafka: KafkaBroker(allowance: allowance) { [library = storage.settings.librdkafka] in
                    try KafkaLibrary.load(explicit: library)
                },
                folders: storage.settings.watchedFolders, secret: { try await secrets.value(of: $0, in: $1) }),
            report: { stream, error in
                logger.error("a stream cannot go on for now", metadata: ["stream": .string(stream), "error": .string("\(error)")])
            })
    }

    private var retentionController: RetentionController {
        let logger = logger
        return RetentionController(retention: Retention(governor: governor)) { workspace, error in
            logger.error("a pass of retention failed", metadata: ["workspace": .string(workspace), "error": .string("\(error)")])
        }
    }

    private func passRolloutTimes() async throws {
        let rolling = RollingReleases(governor: governor, versions: .registry)
        while true {
            try await rolling.advance()
            for error in try await delivery.rollouts.passTime() {
                logger.error("a rollout could not go on", metadata: ["error": .string("\(error)")])
            }
            try await Task.sleep(for: .seconds(5))
        }
    }

    private func readGuards() async throws {
        let guards = OutsideGuards(
            rollouts: delivery.rollouts, egress: HTTPEgressClient(allowance: storage.settings.egressAllowance)
        ) { [guardQueries] in try await guardQueries.value(of: $0, for: $1, in: $2) }
        while true {
            for error in try await guards.readDue() {
                logger.error("a rollout's guards were not heard", metadata: ["error": .string("\(error)")])
            }
            try await Task.sleep(for: .seconds(5))
        }
    }

    private func testPreviews() async throws {
        let tester = SmokeTester(rollouts: delivery.rollouts, inference: serving.inference)
        while true {
            // Previews that another process has begun are not in this one's splits before it looks.
            serving.router.noteChange()
            for error in try await tester.testWaiting() {
                logger.error("a preview was not tested", metadata: ["error": .string("\(error)")])
            }
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func remindOfApprovals() async throws {
        while true {
            try await delivery.approvals.remind()
            try await Task.sleep(for: .seconds(30))
        }
    }

    private func housekeep() async throws {
        while true {
            try await governor.forgetOldIdempotencyKeys()
            try await webhooks.dispatcher.forgetOld()
            try await uploads.collectAbandoned()
            try await TriggerListener.forgetOld(governor)
            try await Streams.forgetOld(governor)
            try await serving.retention.enforce()
            try await serving.archive.enforce()
            try await Task.sleep(for: .seconds(3600))
        }
    }
}

/// A loop as a service: begun again after an error, ended by cancellation when the server stops.
struct Loop: Service {
    private let name: String
    private let logger: Logger
    private let body: @Sendable () async throws -> Void

    init(_ name: String, _ logger: Logger, _ body: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.logger = logger
        self.body = body
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await body()
                    return
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("a loop failed and begins again", metadata: ["loop": .string(name), "error": .string("\(error)")])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }
}
