// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Synchronization

/// The one way to change state that someone must answer for: authorise, decide, save, append to the ledger, in one transaction.
package struct Governor: Sendable {
    package let database: any Database
    package let clock: any WallClock
    package let identifiers: IdentifierSource
    private let listeners = CommitListeners()

    package init(database: any Database, clock: any WallClock, identifiers: IdentifierSource) {
        self.database = database
        self.clock = clock
        self.identifiers = identifiers
    }

    /// Runs `body` when the caller holds `permission` in its workspace, and commits what it did with its ledger entries.
    ///
    /// A refusal, and any `Problem` thrown by `body`, is itself recorded, in a transaction of its own. When the caller has an
    /// idempotency key that was used before for the same request, nothing runs and the first result is given again.
    package func change<Result: Codable & Sendable>(
        _ permission: Permission, by caller: Caller, locking lock: String? = nil, _ body: @escaping @Sendable (Change) throws -> Result
    ) async throws -> Result {
        let time = clock.now()
        let identifiers = identifiers
        do {
            let result = try await database.write(locking: lock) { transaction in
                try Self.authorize(permission, of: caller, in: transaction)
                let keys = IdempotencyTable(transaction: transaction)
                if let earlier: Result = try keys.result(for: permission, of: caller) { return earlier }
                let change = Change(transaction: transaction, caller: caller, time: time, identifiers: identifiers, permission: permission)
                let result = try body(change)
                try keys.keep(result, for: permission, of: caller, at: time)
                return result
            }
            listeners.notify()
            return result
        } catch let problem as Problem {
            try await recordFailure(problem, of: permission, by: caller, at: time)
            throw problem
        }
    }

    /// Runs `body` as a change that is undone at its end, so that it shows what the change would do. Nothing of it is recorded.
    package func rehearse<Result: Sendable>(
        _ permission: Permission, by caller: Caller, _ body: @escaping @Sendable (Change) throws -> Result
    ) async throws -> Result {
        try require(permission, of: caller)
        let time = clock.now()
        let identifiers = identifiers
        do {
            try await database.write { transaction in
                let change = Change(
                    transaction: transaction, caller: caller, time: time, identifiers: identifiers, permission: permission,
                    isRehearsal: true)
                throw Rehearsed(result: try body(change))
            }
        } catch let rehearsed as Rehearsed<Result> {
            return rehearsed.result
        }
        preconditionFailure("A rehearsal ends by throwing.")
    }

    /// Writes data that is not answered for one by one (metrics, predictions, labels): authorised, but not in the ledger.
    package func measure<Result: Sendable>(
        _ permission: Permission, by caller: Caller, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try require(permission, of: caller)
        return try await database.write(body)
    }

    package func read<Result: Sendable>(
        _ permission: Permission, by caller: Caller, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try require(permission, of: caller)
        return try await database.read(body)
    }

    /// A `read` of a few rows by their keys: see `Database.lookUp`.
    package func lookUp<Result: Sendable>(
        _ permission: Permission, by caller: Caller, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try require(permission, of: caller)
        return try await database.lookUp(body)
    }

    /// - Throws: `Problem` `.forbidden` from what the session knew when it was authenticated, at most five seconds ago.
    package func require(_ permission: Permission, of caller: Caller) throws(Problem) {
        guard caller.session.holds(permission, in: caller.workspace) else { throw Self.refusal(permission, of: caller) }
    }

    /// `require` at the door: a refusal is recorded before it is thrown.
    package func admit(_ caller: Caller, for permission: Permission) async throws {
        do {
            try require(permission, of: caller)
        } catch {
            try await recordFailure(error, of: permission, by: caller, at: clock.now())
            throw error
        }
    }

    /// Calls `body` after each committed change of this process, quickly and without order; it must only wake something.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        listeners.add(body)
    }

    /// Forgets idempotency keys older than a day.
    package func forgetOldIdempotencyKeys() async throws {
        let limit = clock.now() - .seconds(24 * 3600)
        try await database.write { transaction in
            _ = try transaction.execute("DELETE FROM idempotency_key WHERE created < ?", limit)
        }
    }

    /// Reads the bindings again, so that a change never rests on a cached permission.
    static func authorize(_ permission: Permission, of caller: Caller, in transaction: any Transaction) throws {
        if caller.principal.kind == .system { return }
        var session = caller.session
        session.roles = try BindingTable(transaction: transaction).roles(of: caller.principal.name)
        guard session.holds(permission, in: caller.workspace) else { throw refusal(permission, of: caller) }
    }

    private static func refusal(_ permission: Permission, of caller: Caller) -> Problem {
        let roles = Role.allCases.filter { $0.permissions.contains(permission) }.map(\.rawValue).joined(separator: ", ")
        return Problem(
            .forbidden, "access.permission.missing",
            "\(caller.principal.qualifiedName) may not do this: it needs '\(permission.rawValue)' in workspace '\(caller.workspace.printable)'.",
            why: "None of the principal's roles there has that permission.",
            fix: "An administrator can bind a role that has it (\(roles)): dhow binding create \(caller.principal.name) ROLE.")
    }

    private func recordFailure(_ problem: Problem, of permission: Permission, by caller: Caller, at time: Timestamp) async throws {
        // What never reached a decision (bad input, unreachable storage) leaves no entry; storage that is full cannot take one.
        switch problem.kind {
        case .forbidden, .rejected, .conflict: break
        default: return
        }
        let outcome: LedgerEntry.Outcome = problem.kind == .forbidden ? .denied : .failed
        let identifiers = identifiers
        try await database.write { transaction in
            let change = Change(transaction: transaction, caller: caller, time: time, identifiers: identifiers, permission: permission)
            try change.record("request.refused", on: "permission/\(permission.rawValue)", ["code": .string(problem.code)], outcome: outcome)
        }
        listeners.notify()
    }
}

/// A result for changes that have nothing to say.
package struct Nothing: Codable, Sendable {
    package init() {}
}

/// Undoes what led to it.
private struct Rehearsed<Result: Sendable>: Error {
    var result: Result
}

private final class CommitListeners: Sendable {
    private let bodies = Mutex<[@Sendable () -> Void]>([])

    func add(_ body: @escaping @Sendable () -> Void) {
        bodies.withLock { $0.append(body) }
    }

    func notify() {
        for body in bodies.withLock({ $0 }) { body() }
    }
}
