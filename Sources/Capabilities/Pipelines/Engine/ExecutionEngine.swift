// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
import Synchronization
package import Tracking

/// A worker: claims open executions and drives each until it ends. Woken by commits; looks for itself every second.
package final class ExecutionEngine: Sendable {
    /// Executions one worker drives at a time; most of them wait for people or for their steps.
    package static let width = 256
    private static let longestPause = Duration.seconds(30)

    private struct State {
        /// By execution, what wakes its driver.
        var driven: [String: AsyncStream<Void>.Continuation] = [:]
        /// How often in a row driving an execution failed.
        var failures: [String: Int] = [:]
    }

    private let parts: DriverParts
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    /// - Parameter report: Receives what goes wrong and is tried again.
    package init(
        governor: Governor, snapshots: SnapshotCatalogue, models: any ModelDirectory, runner: any StepRunner, blobs: any BlobStore,
        folders: StepFolders, handlers: [StepSpecification.Kind: any StepHandler], settings: WorkerSettings,
        clock: any Clock<Duration> = ContinuousClock(), draw: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        report: @escaping @Sendable (_ execution: String, any Error) -> Void
    ) {
        var handlers = handlers
        handlers[.pipeline] = handlers[.pipeline] ?? PipelineCallHandler(governor: governor)
        handlers[.notify] = handlers[.notify] ?? NotifyHandler(governor: governor)
        parts = DriverParts(
            governor: governor, snapshots: snapshots, models: models, runner: runner,
            transfer: FileTransfer(blobs: blobs), folders: folders, handlers: handlers, settings: settings,
            slots: StepSlots(width: settings.slots), gpus: settings.gpus,
            runtimes: StepRuntimes(settings, runner, FileTransfer(blobs: blobs)), clock: clock, draw: draw, report: report)
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        governor.onCommit { [weak self] in self?.wake() }
    }

    /// Until cancelled; once. What runs goes on without the worker and is adopted by the next one.
    package func run() async {
        waker.yield()
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    do { try await parts.clock.sleep(for: ExecutionDriver.interval) } catch { return }
                    waker.yield()
                }
            }
            for await _ in wakes {
                while !Task.isCancelled, let lease = await claim() {
                    let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                    state.withLock { $0.driven[lease.execution] = waker }
                    group.addTask { [self] in await drive(lease, wakes) }
                }
            }
            group.cancelAll()
        }
    }

    private func wake() {
        waker.yield()
        for driver in state.withLock({ Array($0.driven.values) }) { driver.yield() }
    }

    private func claim() async -> ExecutionLease? {
        let driven = state.withLock { Set($0.driven.keys) }
        guard driven.count < Self.width else { return nil }
        let (now, owner) = (parts.governor.clock.now(), parts.settings.owner)
        do {
            // Most wakes find nothing: look before taking the writer.
            let hasWork = try await parts.governor.database.read {
                try ExecutionTable(transaction: $0).hasClaimable(by: owner, except: driven, at: now)
            }
            guard hasWork else { return nil }
            return try await parts.governor.database.write { try ExecutionTable(transaction: $0).claim(by: owner, except: driven, at: now) }
        } catch {
            parts.report("(claim)", error)
            return nil
        }
    }

    private func drive(_ lease: ExecutionLease, _ wakes: AsyncStream<Void>) async {
        do {
            try await ExecutionDriver(lease, parts).run(wakes)
            state.withLock { $0.failures[lease.execution] = nil }
        } catch is LeaseLost {
            state.withLock { $0.failures[lease.execution] = nil }
        } catch is CancellationError {
            // What runs goes on; who comes next takes it up.
        } catch {
            parts.report(lease.execution, error)
            let earlier = state.withLock { state in
                defer { state.failures[lease.execution, default: 0] += 1 }
                return state.failures[lease.execution, default: 0]
            }
            // Not at once again, and less and less often: what failed may be the database itself.
            try? await parts.clock.sleep(for: min(.seconds(1 << min(earlier, 5)), Self.longestPause))
        }
        state.withLock { $0.driven.removeValue(forKey: lease.execution) }?.finish()
        waker.yield()
    }
}
