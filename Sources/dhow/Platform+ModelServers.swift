// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Egress
import Foundation
import HTTPServer
import Logging
import Pipelines
import ServiceLifecycle
import Serving

/// What models run in: libraries in this process, and servers that run as processes of this machine.
extension Platform {
    static func modelRuntimes(_ settings: Settings, _ logger: Logger) -> ModelRuntimes {
        let runtimes = LocalRuntimes(settings)
        let onnx = Result<any ModelRuntime, any Error> { try runtimes.onnxRuntime() }.mapError { error in
            error as? Problem
                ?? Problem(.unavailable, "serving.onnxruntime.unloadable", "ONNX Runtime cannot be loaded.", why: "\(error)")
        }
        if case .failure(let problem) = onnx { logger.warning("\(problem.what)", metadata: ["fix": .string(problem.fix ?? "")]) }
        var known: [ModelFormat: Result<any ModelRuntime, Problem>] = runtimes.late().mapValues { .success($0) }
        known[.onnx] = onnx
        return ModelRuntimes(known)
    }

    /// Nil when none can be started here, or the role that would is not played.
    static func modelServers(_ storage: Storage, _ metrics: ServerMetrics, _ logger: Logger) throws -> ModelServers? {
        let settings = storage.settings
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        guard settings.roles.contains(.inference),
            let options = settings.modelServers.resolved(path: path, requiresSandbox: settings.sandbox == .require)
        else { return nil }
        let folder = try ServingFolder(beneath: storage.folder.servingFolder)
        let runner = try ProcessStepRunner(
            folder: folder.path + "/attempts",
            settings: StepRunnerSettings(logLimit: 4 << 20, hiddenFolders: [storage.folder.path]))
        let servers = try ModelServers(
            settings: options, runner: runner, servers: LocalServerClient(), folder: folder.path
        ) { status in
            // Held as long as anything is reported, so that nobody takes the folder for an abandoned one.
            _ = folder
            let level: Logger.Level = status.condition == .crashLooping ? .warning : .notice
            logger.log(
                level: level, "the replicas of a model are \(status.condition.text)",
                metadata: [
                    "model": .string(status.version.model), "version": .stringConvertible(status.version.number),
                    "ready": .stringConvertible(status.ready), "failures": .stringConvertible(status.failures),
                    "said": .string(status.complaint ?? ""),
                ])
        }
        metrics.ask { metrics in
            let statuses = servers.statuses
            metrics.set("dhow_model_replicas_ready", to: Double(statuses.reduce(0) { $0 + $1.ready }))
            metrics.set("dhow_model_replicas", to: Double(statuses.reduce(0) { $0 + $1.replicas }))
            metrics.set("dhow_model_calls_waiting", to: Double(statuses.reduce(0) { $0 + $1.waiting }))
            metrics.set("dhow_models_crash_looping", to: Double(statuses.count { $0.condition == .crashLooping }))
        }
        return servers
    }
}

/// Keeps servers of models until the process is asked to stop; then lets them finish and ends them.
struct ModelServersService: Service {
    let servers: ModelServers

    func run() async throws {
        await withGracefulShutdownHandler {
            await servers.run()
        } onGracefulShutdown: {
            servers.stop()
        }
    }
}

extension ReplicaPlan.Condition {
    fileprivate var text: String {
        switch self {
        case .idle: "stopped, because nobody asks"
        case .starting: "starting"
        case .ready: "ready"
        case .waiting: "gone, and will be started again"
        case .crashLooping: "ending again and again"
        }
    }
}
