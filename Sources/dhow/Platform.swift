// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Contracts
import Delivery
import Distribution
import Domain
import DuckDB
import Egress
import Foundation
import GRPC
import Governance
import HTTPServer
import Logging
import Monitoring
import Pipelines
import Provenance
import Registry
import ServiceLifecycle
import Serving
import Streaming
import Tracking

/// The composition root: every capability built over the storage, and what each role runs and answers.
struct Platform: Sendable {
    let storage: Storage
    let logger: Logger
    let governor: Governor
    let identity: Identity
    let links: SignedLinks
    let ledger: LedgerKeeping
    let maintenance: StorageMaintenance<LocalBlobStore>
    let snapshots: SnapshotCatalogue
    let contracts: DataContracts
    let guardQueries: RolloutQuery
    let registry: ModelRegistry
    let delivery: DeliveryParts
    let serving: ServingParts
    let monitors: Monitors
    let monitorMetrics: MonitorMetrics
    let incidents: Incidents
    let runner: ProcessStepRunner
    let executions: Executions
    let webhooks: WebhookParts
    let secrets: Secrets
    let attestations: Attestations
    let gpus: GPUSlots
    let metrics = ServerMetrics()
    let readiness = Readiness()
    let deadlines = RequestDeadlines()

    struct DeliveryParts: Sendable {
        let gates: Gates
        let approvals: Approvals
        let approvalLinks: ApprovalLinks
        let releases: Releases
        let rollouts: Rollouts
        let environments: Environments
    }

    struct WebhookParts: Sendable {
        let use: Webhooks
        let dispatcher: WebhookDispatcher
    }

    struct ServingParts: Sendable {
        let host: ModelHost
        let servers: ModelServers?
        let router: TrafficRouter
        let log: PredictionLog
        let inference: InferenceService
        let labels: Labels
        let endpoints: Endpoints
        let served: ServedEndpoints
        let configuration: EndpointConfiguration
        let features: OnlineFeatures
        let mirror: ShadowMirror
        let mirrorLog: ShadowLog
        let retention: PredictionRetention
        let archive: PredictionArchive
        let observer: RolloutObserver
        let loads: RevisionLoads
    }

    init(storage: Storage, logger: Logger) async throws {
        self.storage = storage
        self.logger = logger
        let blobs = storage.blobs
        governor = Governor(database: storage.database, clock: storage.clock, identifiers: storage.identifiers)
        identity = Identity(governor: governor)
        links = SignedLinks(key: try await storage.vault.secret(for: "links"), identity: identity, clock: storage.clock)
        ledger = try await LedgerKeeping(storage: storage, governor: governor, logger: logger)
        maintenance = StorageMaintenance(governor: governor, store: blobs, vault: storage.vault) { try await blobs.rewrap() }
        snapshots = SnapshotCatalogue(governor: governor, blobs: blobs)
        registry = ModelRegistry(governor: governor, blobs: blobs)
        let signer = try AttestationSigner(seed: try await storage.vault.secret(for: AttestationSigner.keyPurpose))
        let versions = VersionDirectory.registry.withFaults { model, number, workspace, transaction in
            try ModelRegistry.find(model, .number(Int64(number)), in: workspace, transaction).flatMap {
                try Attestations.fault(of: $0, in: workspace, signer: signer, transaction)
            }
        }
        delivery = DeliveryParts(
            gates: Gates(governor: governor, versions: versions), approvals: Approvals(governor: governor, versions: versions),
            approvalLinks: ApprovalLinks(
                governor: governor, versions: versions, key: try await storage.vault.secret(for: "approval-links")),
            releases: Releases(governor: governor, versions: versions), rollouts: Rollouts(governor: governor, versions: versions),
            environments: Environments(governor: governor, versions: versions))
        serving = try Self.serving(storage, governor, registry, delivery.rollouts, metrics, logger)
        monitors = Monitors(governor: governor, archive: serving.archive)
        monitorMetrics = MonitorMetrics(database: storage.database)
        incidents = Incidents(governor: governor)
        runner = try ProcessStepRunner(
            folder: storage.folder.stepsFolder, settings: StepRunnerSettings(hiddenFolders: [storage.folder.path]))
        gpus = GPUSlots(devices: try GPUFinder.devices(setting: storage.settings.gpus))
        for (attemptID, held) in try await runner.heldGPUs() { gpus.adopt(attemptID, holding: held) }
        let engine = DuckDBEngine(program: Self.duckDBProgram(explicit: storage.settings.duckDB), runner: runner)
        contracts = DataContracts(
            governor: governor, snapshots: snapshots, blobs: blobs,
            engine: engine, folder: storage.folder.analysisFolder)
        guardQueries = RolloutQuery(database: storage.database, engine: engine, folder: storage.folder.analysisFolder)
        let secrets = Secrets(governor: governor, vault: storage.vault)
        self.secrets = secrets
        executions = Executions(
            governor: governor, snapshots: snapshots, blobs: blobs, runner: runner, secret: { try await secrets.value(of: $0, in: $1) })
        attestations = Attestations(
            governor: governor, registry: registry, executions: executions,
            signer: signer,
            builder: ProvenanceStatement.Builder(
                instance: storage.settings.instance, software: Dhow.version, region: storage.settings.region))
        webhooks = Self.webhooks(storage, governor, logger)
    }

    private static func serving(
        _ storage: Storage, _ governor: Governor, _ registry: ModelRegistry, _ rollouts: Rollouts, _ metrics: ServerMetrics,
        _ logger: Logger
    ) throws -> ServingParts {
        let servers = try modelServers(storage, metrics, logger)
        let host = ModelHost(
            runtimes: modelRuntimes(storage.settings, logger),
            elsewhere: Elsewhere(servers: servers, egress: HTTPEgressClient(allowance: storage.settings.egressAllowance)),
            files: RegisteredFiles(registry: registry), blobs: storage.blobs, clock: storage.clock)
        let router = TrafficRouter(source: DeliveredTraffic(database: storage.database), host: host, governor: governor) { error in
            logger.error("routes were not refreshed", metadata: ["error": .string("\(error)")])
        }
        metrics.ask { metrics in
            for (endpoint, revision, counts) in router.hedging {
                let labels = [("workspace", endpoint.workspace), ("endpoint", endpoint.name), ("revision", String(revision))]
                metrics.set("dhow_hedged_calls", labels, to: Double(counts.hedged))
                metrics.set("dhow_hedged_calls_won", labels, to: Double(counts.won))
            }
        }
        let log = PredictionLog(database: storage.database)
        metrics.ask { metrics in
            let counts = log.counts
            metrics.set("dhow_predictions_written", to: Double(counts.written))
            metrics.set("dhow_predictions_dropped", to: Double(counts.dropped))
            metrics.set("dhow_predictions_left_out", to: Double(counts.leftOut))
            metrics.set("dhow_predictions_waiting", to: Double(counts.waiting))
        }
        let observer = RolloutObserver(governor: governor, rollouts: rollouts) { error in
            logger.error("a rollout was not observed", metadata: ["error": .string("\(error)")])
        }
        let archive = PredictionArchive(governor: governor, blobs: storage.blobs)
        let endpoints = Endpoints(governor: governor, archive: archive)
        let statistics = InferenceStatistics()
        metrics.ask { metrics in
            for (subject, counts) in statistics.all {
                let labels = [
                    ("workspace", subject.endpoint.workspace), ("endpoint", subject.endpoint.name), ("version", String(subject.version)),
                ]
                metrics.set("dhow_inference_answers", labels, to: Double(counts.answers))
                metrics.set("dhow_inference_failures", labels, to: Double(counts.failures))
                metrics.set("dhow_inference_rows", labels, to: Double(counts.rows))
                metrics.set("dhow_inference_seconds", labels, to: Double(counts.answerNanoseconds) / 1e9)
            }
        }
        let pool = InferencePool()
        let mirrorLog = ShadowLog(database: storage.database)
        let mirror = ShadowMirror(host: host, pool: pool, log: mirrorLog, clock: storage.clock)
        metrics.ask { metrics in
            let counts = mirror.counts
            metrics.set("dhow_mirrored_requests", to: Double(counts.mirrored))
            metrics.set("dhow_mirrored_requests_skipped", to: Double(counts.skipped))
            metrics.set("dhow_mirrored_rows_dropped", to: Double(mirrorLog.dropped))
        }
        let features = OnlineFeatures(governor: governor)
        let loads = RevisionLoads(database: storage.database)
        let inference = InferenceService(
            governor: governor, router: router, host: host, log: log, pool: pool, mirror: mirror, features: features, loads: loads)
        return ServingParts(
            host: host, servers: servers, router: router, log: log, inference: inference, labels: Labels(governor: governor),
            endpoints: endpoints,
            served: ServedEndpoints(inference: inference, endpoints: endpoints, host: host, statistics: statistics, clock: governor.clock),
            configuration: EndpointConfiguration(governor: governor), features: features, mirror: mirror, mirrorLog: mirrorLog,
            retention: PredictionRetention(governor: governor, archive: archive), archive: archive, observer: observer, loads: loads)
    }

    private static func webhooks(_ storage: Storage, _ governor: Governor, _ logger: Logger) -> WebhookParts {
        let sender = WebhookSender(
            formats: WebhookFormats([
                MLflowWebhookFormat(), OpenLineageFormat(source: Self.lineageSource(storage)), SlackFormat(), AlertmanagerFormat(),
                MailFormat(),
            ]), vault: storage.vault,
            egress: HTTPEgressClient(allowance: storage.settings.egressAllowance),
            mail: SMTPMailClient(allowance: storage.settings.egressAllowance))
        return WebhookParts(
            use: Webhooks(governor: governor, sender: sender),
            dispatcher: WebhookDispatcher(
                governor: governor, sender: sender,
                report: { logger.error("webhooks were not dealt with", metadata: ["error": .string("\($0)")]) },
                givenUp: { delivery in
                    logger.warning(
                        "a webhook's delivery was given up",
                        metadata: [
                            "webhook": .string(delivery.webhook), "delivery": .string(delivery.id), "error": .string(delivery.error ?? ""),
                        ])
                }))
    }

    func inferenceCalls(authentication: Settings.Authentication) -> InferenceCalls {
        InferenceCalls(
            served: serving.served,
            gate: CallGate(
                access: accessGate(authentication), deadlines: deadlines, metrics: metrics, identifiers: storage.identifiers),
            readiness: readiness, version: Dhow.version)
    }

    private func accessGate(_ authentication: Settings.Authentication) -> AccessGate {
        AccessGate(identity: identity, governor: governor, mode: authentication == .off ? .off : .tokens)
    }

    func routeTable(for roles: Set<ServerRole>, authentication: Settings.Authentication) -> RouteTable {
        let gate = accessGate(authentication)
        var groups: [any RouteGroup] = [
            HealthRoutes(
                database: storage.database, metrics: metrics, readiness: readiness, version: Dhow.version,
                monitors: roles.contains(.controller) ? monitorMetrics : nil)
        ]
        if roles.contains(.api) { groups += nativeGroups + [mlflow] }
        if roles.contains(.inference) {
            groups += [
                InferenceRoutes(served: serving.served, readiness: readiness, version: Dhow.version),
                ModelRepositoryRoutes(served: serving.served), PredictRoutes(served: serving.served),
                InvocationRoutes(
                    served: serving.served, readiness: readiness, usual: storage.settings.invocationsEndpoint,
                    isAlone: !roles.contains(.api)),
            ]
        }
        return RouteTable(
            groups: groups, gate: gate, observer: RequestObserver(metrics: metrics), deadlines: deadlines, identifiers: storage.identifiers)
    }

    func directAnswering(for roles: Set<ServerRole>, authentication: Settings.Authentication) -> DirectAnswering {
        DirectAnswering(
            routes: roles.contains(.inference) ? [DirectInference(served: serving.served)] : [],
            gate: accessGate(authentication), observer: RequestObserver(metrics: metrics), deadlines: deadlines,
            identifiers: storage.identifiers, logger: logger)
    }

    private var nativeGroups: [any RouteGroup] {
        [
            IdentityRoutes(identity: identity),
            StorageRoutes(maintenance: maintenance),
            ExperimentRoutes(experiments: ExperimentTracking(governor: governor)),
            RunRoutes(runs: RunTracking(governor: governor)),
            LoggedModelRoutes(models: LoggedModelTracking(governor: governor)),
            TraceRoutes(traces: TraceTracking(governor: governor)),
            EvaluationDatasetRoutes(datasets: EvaluationDatasetTracking(governor: governor)),
            ArtifactRoutes(
                artifacts: artifacts, runs: RunTracking(governor: governor), models: LoggedModelTracking(governor: governor)),
            SnapshotRoutes(snapshots: snapshots, blobs: storage.blobs),
            ContractRoutes(contracts: contracts),
            PipelineRoutes(catalogue: PipelineCatalogue(governor: governor)),
            TriggerRoutes(triggers: triggers, clock: storage.clock),
            BackfillRoutes(backfills: Backfills(governor: governor)),
            ExecutionRoutes(executions: executions),
            ModelRoutes(registry: registry),
            ModelEditingRoutes(registry: registry),
            TransitionRoutes(registry: registry),
            RegistrationRoutes(
                registry: registry, runs: RunTracking(governor: governor), models: LoggedModelTracking(governor: governor)),
            GateRoutes(gates: delivery.gates),
            GateReportRoutes(gates: delivery.gates, artifacts: artifacts),
            ApprovalRoutes(approvals: delivery.approvals, links: delivery.approvalLinks),
            ApprovalLinkRoutes(links: delivery.approvalLinks),
            ReleaseRoutes(releases: delivery.releases),
            RolloutRoutes(rollouts: delivery.rollouts),
            EnvironmentRoutes(environments: delivery.environments),
            RollingRoutes(rolling: RollingReleases(governor: governor, versions: .registry)),
            EmergencyRoutes(emergencies: Emergencies(governor: governor, versions: .registry)),
            EndpointRoutes(endpoints: serving.endpoints, labels: serving.labels),
            PredictionRoutes(archive: serving.archive),
            EndpointSettingsRoutes(configuration: serving.configuration, endpoints: serving.endpoints),
            FeatureRoutes(features: serving.features),
            MonitorRoutes(monitors: monitors),
            IncidentRoutes(incidents: incidents, alerts: OutsideAlerts(governor: governor)),
            WebhookRoutes(webhooks: webhooks.use),
            StreamRoutes(streams: streams),
            SecretRoutes(secrets: secrets),
            ImportRoutes(imports: Imports(governor: governor, blobs: storage.blobs), blobs: storage.blobs),
            ExportRoutes(exports: Exports(governor: governor), artifacts: artifacts, registry: registry),
            RetentionRoutes(retention: Retention(governor: governor)),
            DocumentRoutes(declarations: Declarations(governor: governor, kinds: documentKinds)),
            LedgerRoutes(governor: governor, key: ledger.key),
            LineageRoutes(query: lineage, key: ledger.key),
            distribution,
            ProvenanceRoutes(
                attestations: attestations,
                lineage: LineageExport(governor: governor, executions: executions, source: Self.lineageSource(storage))),
        ]
    }

    private var distribution: any RouteGroup {
        let secrets = secrets
        let access = RegistryAccess(
            exchange: HTTPEgressClient(allowance: storage.settings.egressAllowance), secret: { try await secrets.value(of: $0, in: $1) })
        return DistributionRoutes(
            pushes: ModelPushes(
                governor: governor, registry: registry, gates: delivery.gates, attestations: attestations, access: access),
            pulls: ModelPulls(
                governor: governor, registry: registry, attestations: attestations, blobs: storage.blobs, access: access))
    }

    private var triggers: Triggers { Triggers(governor: governor, folders: storage.settings.watchedFolders) }

    private var streams: Streams { Streams(governor: governor, folders: storage.settings.watchedFolders) }

    /// What is referred to comes before what refers to it.
    private var documentKinds: DocumentKinds {
        DocumentKinds([
            RoleBindingKind(), DataContractKind(), GateKind(), EnvironmentKind(), EndpointKind(), PipelineKind(), MonitorKind(),
            RetentionPolicyKind(),
            WebhookKind(webhooks: webhooks.use),
            TriggerKind(triggers: triggers),
            StreamKind(streams: streams),
        ])
    }

    private var lineage: LineageQuery {
        LineageQuery(
            governor: governor, endpoints: serving.endpoints, releases: delivery.releases, rollouts: delivery.rollouts,
            gates: delivery.gates,
            approvals: delivery.approvals, registry: registry, runs: RunTracking(governor: governor), snapshots: snapshots,
            executions: executions)
    }

    private static func lineageSource(_ storage: Storage) -> LineageEvents.Source {
        LineageEvents.Source(instance: storage.settings.instance, software: Dhow.version)
    }

    private var artifacts: ArtifactStore { ArtifactStore(governor: governor, blobs: storage.blobs) }

    var uploads: ArtifactUploads { ArtifactUploads(governor: governor, blobs: storage.blobs) }

    private var mlflow: any RouteGroup {
        MLflowRoutes(
            experiments: ExperimentTracking(governor: governor), runs: RunTracking(governor: governor),
            loggedModels: LoggedModelTracking(governor: governor), artifacts: artifacts,
            registry: registry, uploads: uploads, links: links, scheme: storage.settings.usesTLS ? "https" : "http",
            traces: TraceTracking(governor: governor), webhooks: webhooks.use,
            evaluationDatasets: EvaluationDatasetTracking(governor: governor), identity: identity)
    }

    /// DuckDB's program: the one named, else in the places that the adapter knows.
    static func duckDBProgram(explicit: String?) -> DuckDBProgram {
        let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().path
        return DuckDBProgram.locate(
            explicit: explicit, environment: ProcessInfo.processInfo.environment,
            besides: [executable, FileManager.default.currentDirectoryPath])
    }
}
