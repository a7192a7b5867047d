// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Synchronization

/// The servers of models that run as processes of this machine, one pool of replicas for each version that needs one.
package final class ModelServers: Sendable {
    private struct State {
        var pools: [ReplicaPool] = []
        var isStopped = false
    }

    /// Bytes of all files of one version.
    package static let maximumBytes: Int64 = 8 << 30
    private static let maximumFiles = 10_000

    private let settings: ModelServerSettings
    private let runner: any StepRunner
    private let servers: any LocalServers
    private let folder: String
    private let clock: any Clock<Duration>
    private let report: @Sendable (ReplicaStatus) -> Void
    private let state = Mutex(State())
    private let begun: AsyncStream<ReplicaPool>
    private let begin: AsyncStream<ReplicaPool>.Continuation

    /// - Parameters:
    ///   - folder: For what runs, removed with it. Made when missing; of this process alone.
    ///   - report: Told when the condition of a version's replicas has become another.
    package init(
        settings: ModelServerSettings, runner: any StepRunner, servers: any LocalServers, folder: String,
        clock: any Clock<Duration> = ContinuousClock(), report: @escaping @Sendable (ReplicaStatus) -> Void = { _ in }
    ) throws(Problem) {
        try settings.check()
        self.settings = settings
        self.runner = runner
        self.servers = servers
        self.folder = folder
        self.clock = clock
        self.report = report
        (begun, begin) = AsyncStream.makeStream()
    }

    /// Keeps the replicas of all pools; returns after `stop` when the last has ended.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await pool in begun {
                group.addTask { [self] in
                    await pool.run(report)
                    state.withLock { state in state.pools.removeAll { $0 === pool } }
                }
            }
        }
    }

    /// Retires all pools, and takes no new ones.
    package func stop() {
        let pools = state.withLock { state in
            state.isStopped = true
            return state.pools
        }
        for pool in pools { pool.retire() }
        begin.finish()
    }

    package var statuses: [ReplicaStatus] { state.withLock { $0.pools }.map(\.status) }

    /// Lays the files out and begins to serve them; does not wait for the first replica.
    ///
    /// - Parameter files: With paths relative to the model's folder.
    func host(_ version: ServedVersion, _ model: ServerModel, _ files: [ServedFile], from blobs: any BlobStore) async throws -> ReplicaPool
    {
        let id = "model-" + UUID().uuidString.replacing("-", with: "").lowercased().prefix(16)
        let launch = ReplicaLaunch(
            runner: runner, settings: settings, folder: "\(folder)/\(id)", id: id, modelName: model.name)
        do {
            try await Self.lay(files, of: version, into: launch.modelFolder, from: blobs)
        } catch {
            launch.removeAll()
            throw error
        }
        let pool = ReplicaPool(
            version: version, dialogue: ServerDialogue(wire: settings.wire, model: model, limit: settings.callLimit), launch: launch,
            settings: settings, servers: servers, clock: clock)
        let isStopped = state.withLock { state in
            if !state.isStopped { state.pools.append(pool) }
            return state.isStopped
        }
        guard !isStopped else {
            launch.removeAll()
            throw Problem(.unavailable, "serving.server.stopping", "The server is being stopped.", fix: "Try again.")
        }
        begin.yield(pool)
        return pool
    }

    private static func lay(_ files: [ServedFile], of version: ServedVersion, into folder: String, from blobs: any BlobStore) async throws {
        guard files.count <= maximumFiles, files.reduce(0, { $0 + $1.size }) <= maximumBytes else {
            throw Problem(
                .tooLarge, "serving.model.too-large", "The files of \(version) are too many or too large to serve.",
                why: "At most \(maximumFiles) files of \(maximumBytes) bytes together are laid out.")
        }
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for file in files {
            let segments = file.path.split(separator: "/", omittingEmptySubsequences: false)
            guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else {
                throw Problem(
                    .invalid, "serving.model.path-malformed", "The files of \(version) cannot be laid out.",
                    why: "'\(file.path.printable)' is no path within a folder.")
            }
            let path = "\(folder)/\(file.path)"
            try manager.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            // The folder is new and of this process alone, so there is nothing that a name could lead elsewhere.
            guard manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
                let handle = FileHandle(forWritingAtPath: path)
            else {
                throw Problem(.unavailable, "serving.model.unwritable", "The files of \(version) cannot be laid out.", fix: "Make room.")
            }
            defer { try? handle.close() }
            for try await part in try await blobs.get(file.digest, range: nil).bytes { try handle.write(contentsOf: Data(part)) }
        }
    }
}
