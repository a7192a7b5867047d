// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
import Synchronization
package import Tracking

/// A worker: claims open executions and drives each until it ends. Woken by commits; looks for itself every second.
package final class ExecutionEngine: Sendable {
    /// Executions one worker drives at a time.
    package static let width = 16
    private let governor: Governor
    private let snapshots: SnapshotCatalogue
    private let models: any ModelDirectory
    private let runner: any StepRunner
    private let blobs: any BlobStore
    private let folders: StepFolders
    private let handlers: [StepSpecification.Kind: any StepHandler]
    private let settings: WorkerSettings
    private let clock: any Clock<Duration>
    private let report: @Sendable (String, any Error) -> Void
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let driven = Mutex<Set<String>>([])

    package init(
        governor: Governor, snapshots: SnapshotCatalogue, models: any ModelDirectory, runner: any StepRunner, blobs: any BlobStore,
        folders: StepFolders, handlers: [StepSpecification.Kind: any StepHandler], settings: WorkerSettings,
        clock: any Clock<Duration> = ContinuousClock(), report: @escaping @Sendable (_ execution: String, any Error) -> Void
    ) {
        self.governor = governor
        self.snapshots = snapshots
        self.models = models
        self.runner = runner
        self.blobs = blobs
        self.folders = folders
        self.handlers = handlers
        self.settings = settings
        self.clock = clock
        self.report = report
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let waker = waker
        governor.onCommit { waker.yield() }
    }

    /// Until cancelled. What runs goes on without the worker and is adopted by the next one.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock, waker] in
                while !Task.isCancelled {
                    do { try await clock.sleep(for: .seconds(1)) } catch { return }
                    waker.yield()
                }
            }
            await withTaskGroup(of: Void.self) { drivers in
                for await _ in wakes {
                    if Task.isCancelled { break }
                    while let lease = await claim(except: driven.withLock { $0 }) {
                        _ = driven.withLock { $0.insert(lease.execution) }
                        drivers.addTask { [self] in
                            await drive(lease)
                            _ = driven.withLock { $0.remove(lease.execution) }
                            waker.yield()
                        }
                    }
                }
                drivers.cancelAll()
            }
            group.cancelAll()
        }
    }

    private func claim(except driven: Set<String>) async -> ExecutionLease? {
        guard driven.count < Self.width else { return nil }
        let now = governor.clock.now()
        let owner = settings.owner
        do {
            // Most wakes find nothing: look before taking the writer.
            let hasWork = try await governor.database.read {
                try ExecutionTable(transaction: $0).hasClaimable(by: owner, except: driven, at: now)
            }
            guard hasWork else { return nil }
            return try await governor.database.write { try ExecutionTable(transaction: $0).claim(by: owner, except: driven, at: now) }
        } catch {
            if !(error is CancellationError) { report("(claim)", error) }
            return nil
        }
    }

    private func drive(_ lease: ExecutionLease) async {
        let driver = ExecutionDriver(
            lease: lease, governor: governor, catalogue: PipelineCatalogue(governor: governor), snapshots: snapshots, models: models,
            runner: runner, transfer: FileTransfer(blobs: blobs), folders: folders, handlers: handlers, settings: settings, clock: clock)
        do {
            try await driver.run()
        } catch is CancellationError {
            return
        } catch {
            report(lease.execution, error)
            // Not at once again: what failed may be the database itself.
            try? await clock.sleep(for: .seconds(1))
        }
    }
}
