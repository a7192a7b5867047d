// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Reads the ledger and fires triggers: event, firing, execution and position commit together, so that an event starts exactly one execution.
package struct TriggerListener: Sendable {
    private static let batch = 200
    private let governor: Governor
    /// Why an event must not start anything now; nil lets it.
    private let block: @Sendable (any Transaction, LedgerEntry) throws -> String?

    package init(governor: Governor, block: @escaping @Sendable (any Transaction, LedgerEntry) throws -> String?) {
        self.governor = governor
        self.block = block
    }

    /// Deals with the entries that came since the last call. O(entries · triggers of their workspaces).
    package func pass() async throws {
        while try await step() {}
    }

    /// - Returns: Whether there may be more.
    private func step() async throws -> Bool {
        // Nothing is written when nothing has come.
        let (position, entries) = try await governor.database.read { transaction -> (Int64?, [SequencedEntry]) in
            let position = try ConsumerPosition(of: "triggers", in: transaction).current()
            return (position, try LedgerReader(transaction: transaction).entries(after: position ?? -1, limit: Self.batch))
        }
        guard let last = entries.last else { return false }
        for sequenced in entries {
            try await deal(with: sequenced, from: position)
        }
        try await governor.database.write { transaction in
            try ConsumerPosition(of: "triggers", in: transaction).move(to: last.seq)
        }
        return entries.count == Self.batch
    }

    private func deal(with sequenced: SequencedEntry, from position: Int64?) async throws {
        let entry = sequenced.entry
        let matching = try await governor.database.read { transaction in
            try TriggerTable(transaction: transaction, workspace: entry.workspace).all().filter { $0.matches(entry) }
        }
        let block = block
        for trigger in matching {
            let principal = Principal(name: "trigger-\(trigger.name)", kind: .system)
            let caller = Caller(
                session: Session(principal: principal, tokenID: nil, roles: [:]), workspace: entry.workspace, requestID: entry.id)
            _ = try await governor.change(.executionStart, by: caller) { change in
                let table = TriggerTable(transaction: change.transaction, workspace: change.workspace)
                // Another listener, or this one before a crash, may have dealt with the event.
                if try table.hasFired(trigger.name, entry.id) { return Nothing() }
                var firing = TriggerFiring(trigger: trigger.name, entry: entry.id, time: change.time)
                firing.blocked = try block(change.transaction, entry)
                if firing.blocked == nil {
                    let cause = "trigger/\(trigger.name) on \(entry.id)"
                    firing.execution = try Executions.insert(
                        trigger.pipeline, trigger.parameters, startedBy: principal, cause: cause, in: change
                    ).id
                }
                try table.insert(firing)
                try change.record(
                    firing.blocked == nil ? "trigger.fired" : "trigger.blocked", on: "trigger/\(trigger.name)",
                    [
                        "entry": .string(entry.id), "execution": firing.execution.map { .string($0) } ?? .null,
                        "because": firing.blocked.map { .string($0) } ?? .null,
                    ])
                return Nothing()
            }
        }
    }
}
