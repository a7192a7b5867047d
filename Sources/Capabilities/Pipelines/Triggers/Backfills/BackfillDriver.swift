// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Starts the executions of backfills, so many at a time. Starting one and noting it are one transaction, which is all the claim that is
/// needed: a server that stops leaves no partition half begun, and the next one goes on with those that wait.
struct BackfillDriver: Sendable {
    let governor: Governor
    let report: @Sendable (any Error) -> Void

    /// Goes once over the open backfills.
    func pass() async throws {
        for (workspace, id) in try await governor.database.read({ try BackfillTable.open(in: $0) }) {
            do {
                // A look that would change nothing is not a write.
                guard try await governor.database.read({ try Self.hasWork(id, in: workspace, $0) }) else { continue }
                try await move(id, in: workspace)
            } catch {
                if error is CancellationError { throw error }
                report(error)
            }
        }
    }

    private static func hasWork(_ id: String, in workspace: String, _ transaction: any Transaction) throws -> Bool {
        let table = BackfillTable(transaction: transaction)
        guard let backfill = try table.find(id, in: workspace), backfill.ended == nil else { return false }
        let running = try table.partitions(of: id, in: .running, limit: Backfill.mostAtOnce)
        if try running.contains(where: { try ended($0, transaction) != nil }) { return true }
        let waiting = backfill.counts[.waiting] ?? 0
        if running.isEmpty, waiting == 0 { return true }
        return backfill.state == .running && waiting > 0 && running.count < backfill.concurrency
    }

    private func move(_ id: String, in workspace: String) async throws {
        _ = try await governor.change(.executionStart, by: .controller("backfills", in: workspace)) { change in
            let table = BackfillTable(transaction: change.transaction)
            guard var backfill = try table.find(id, in: workspace), backfill.ended == nil else { return Nothing() }
            var running = 0
            for var partition in try table.partitions(of: id, in: .running, limit: Backfill.mostAtOnce) {
                if let end = try Self.ended(partition, change.transaction) {
                    partition.state = end
                    try table.save(partition, of: id)
                } else {
                    running += 1
                }
            }
            if backfill.state == .running {
                for partition in try table.partitions(of: id, in: .waiting, limit: max(0, backfill.concurrency - running)) {
                    if try Self.start(partition, of: backfill, change) { running += 1 }
                }
            }
            if running == 0, try table.partitions(of: id, in: .waiting, limit: 1).isEmpty {
                backfill.ended = change.time
                if backfill.state != .cancelled { backfill.state = .done }
                try table.save(backfill)
                let counts = try table.find(id, in: workspace)?.counts ?? [:]
                try change.record(
                    "backfill.ended", on: backfill.resource,
                    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .integer(Int64($0.value))) }))
            }
            return Nothing()
        }
    }

    /// - Returns: Whether it runs now.
    private static func start(_ partition: BackfillPartition, of backfill: Backfill, _ change: Change) throws -> Bool {
        var partition = partition
        var parameters = backfill.parameters
        parameters[backfill.parameter] = partition.value
        do {
            let given = parameters
            partition.execution = try change.transaction.attempt {
                try Executions.insert(
                    backfill.pipeline, given, startedBy: backfill.author, cause: "backfill/\(backfill.id) \(partition.position)", in: change
                )
            }.id
            partition.state = .running
        } catch let problem as Problem where [.invalid, .notFound, .rejected, .conflict, .tooLarge].contains(problem.kind) {
            partition.state = .failed
            partition.detail = problem.what
        }
        try BackfillTable(transaction: change.transaction).save(partition, of: backfill.id)
        return partition.state == .running
    }

    /// How the partition's execution ended; nil while it goes on.
    private static func ended(_ partition: BackfillPartition, _ transaction: any Transaction) throws -> BackfillPartition.State? {
        guard let id = partition.execution, let execution = try ExecutionTable(transaction: transaction).find(id) else { return .failed }
        guard execution.ended != nil else { return nil }
        switch execution.status {
        case .succeeded: return .succeeded
        case .cancelled: return .cancelled
        default: return .failed
        }
    }
}
