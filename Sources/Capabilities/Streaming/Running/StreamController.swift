// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
import Synchronization

/// Carries all streams that are not paused, each by a task of its own, so that one that is stuck holds up no other. Several processes may
/// do so: each stream is carried by the one that holds its lease.
package struct StreamController: Sendable {
    private static let interval = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)

    private struct Key: Hashable, Sendable {
        var workspace: String
        var name: String
        var generation: Int
    }

    private let governor: Governor
    private let connections: StreamConnections
    private let clock: any Clock<Duration>
    private let report: @Sendable (_ stream: String, _ error: any Error) -> Void
    /// What is to be carried, and what is.
    private let wanted = Keys()
    private let carried = Keys()

    /// - Parameter report: Receives what a turn failed with the first time; the next one tries again.
    package init(
        governor: Governor, connections: StreamConnections, clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (_ stream: String, _ error: any Error) -> Void
    ) {
        self.governor = governor
        self.connections = connections
        self.clock = clock
        self.report = report
    }

    /// Until cancelled; once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do {
                    let streams = try await governor.database.read { try StreamTable.running(in: $0) }
                    let due = streams.filter { $0.stream.specification.place.http == nil }
                    wanted.set(Set(due.map { Key(workspace: $0.workspace, name: $0.stream.name, generation: $0.stream.generation) }))
                    for (workspace, stream) in due {
                        let key = Key(workspace: workspace, name: stream.name, generation: stream.generation)
                        guard carried.insert(key) else { continue }
                        group.addTask {
                            await carry(stream, in: workspace, as: key)
                            carried.remove(key)
                        }
                    }
                    try await clock.sleep(for: Self.interval)
                } catch {
                    if error is CancellationError { break }
                    report("*", error)
                    try? await clock.sleep(for: Self.interval)
                }
            }
            group.cancelAll()
        }
    }

    private func carry(_ stream: EventStream, in workspace: String, as key: Key) async {
        let owner = governor.identifiers.next()
        var failures = 0
        // What an earlier process left is said until the first turn that ends well.
        var isClean = false
        while !Task.isCancelled, wanted.contains(key) {
            var carrier: StreamCarrier?
            do {
                let connected = try await StreamCarrier(stream, in: workspace, as: owner, over: connections, governor)
                carrier = connected
                while !Task.isCancelled, wanted.contains(key) {
                    _ = try await connected.turn()
                    if !isClean { await note(nil, of: stream, in: workspace) }
                    (failures, isClean) = (0, true)
                }
            } catch is CancellationError {
                // The server stops.
            } catch let problem as Problem where problem.code == StreamCarrier.lost.code {
                try? await clock.sleep(for: Self.interval)
            } catch _ where Task.isCancelled {
                // What is closed in the middle fails in its own words.
            } catch {
                (failures, isClean) = (failures + 1, false)
                if failures == 1 { report("\(workspace)/\(stream.name)", error) }
                await note(error, of: stream, in: workspace)
                let pause = min(Self.longestPause, .milliseconds(500 << min(failures, 6)))
                try? await clock.sleep(for: pause * Double.random(in: 0.5...1))
            }
            await carrier?.close()
        }
    }

    private func note(_ error: (any Error)?, of stream: EventStream, in workspace: String) async {
        let now = governor.clock.now()
        let text = error.map { ($0 as? Problem)?.description ?? "It failed for a reason that the server's log has." }
        _ = try? await governor.database.write { transaction in
            try StreamProgressTable(transaction: transaction, workspace: workspace, stream: stream.name).note(text, at: now)
        }
    }

    private final class Keys: Sendable {
        private let keys = Mutex<Set<Key>>([])

        func set(_ all: Set<Key>) { keys.withLock { $0 = all } }
        func contains(_ key: Key) -> Bool { keys.withLock { $0.contains(key) } }
        func insert(_ key: Key) -> Bool { keys.withLock { $0.insert(key).inserted } }
        func remove(_ key: Key) { keys.withLock { _ = $0.remove(key) } }
    }
}
