// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import GRDB

/// Writes that share one transaction of SQLite, each in a savepoint of its own, and one sync.
///
/// No caller hears of its write, not even of its failure, before the commit: it may have failed because of what another write of the
/// group had just stored.
struct WriteGroup {
    /// What became of a group; `report` tells the callers.
    struct Outcome {
        var commits = 0
        var writes = 0
        /// The transaction could not even begin.
        var isBlocked = false
        fileprivate var reports: [() -> Void] = []

        func report() {
            for report in reports { report() }
        }
    }

    /// Most writes in one transaction.
    private static let limit = 256

    let database: GRDB.Database
    let translation: ErrorTranslation
    let statements: StatementAdmission

    /// Runs `first` and then whatever `next` gives, until it gives nothing or the group is full, and commits.
    func run(from first: WaitingWrite, next: () -> WaitingWrite?) -> Outcome {
        do {
            try control("BEGIN IMMEDIATE")
        } catch {
            return Outcome(isBlocked: true, reports: [{ first.fail(error) }])
        }
        var taken: [WaitingWrite] = []
        do {
            var outcome = Outcome(commits: 1)
            var upcoming: WaitingWrite? = first
            while let write = upcoming {
                taken.append(write)
                outcome.reports.append(try runInSavepoint(write, counting: &outcome.writes))
                upcoming = taken.count < Self.limit ? next() : nil
            }
            try control("COMMIT")
            return outcome
        } catch {
            if database.isInsideTransaction { try? control("ROLLBACK") }
            if taken.count > 1, Self.isOfOneWrite(error) { return runEachAlone(taken) }
            return Outcome(reports: taken.map { write in { write.fail(error) } })
        }
    }

    /// - Returns: What tells the caller, once the group is committed.
    /// - Throws: When SQLite has undone the whole transaction or cannot go on with it.
    private func runInSavepoint(_ write: WaitingWrite, counting writes: inout Int) throws -> () -> Void {
        try control("SAVEPOINT one_write")
        let transaction = SQLiteTransaction(database: database, translation: translation, statements: statements)
        do {
            let succeed = try write.perform(transaction)
            try transaction.requireIntact()
            try control("RELEASE one_write")
            writes += 1
            return succeed
        } catch {
            guard database.isInsideTransaction else { throw transaction.failure ?? error }
            try control("ROLLBACK TO one_write")
            try control("RELEASE one_write")
            return { write.fail(error) }
        }
    }

    /// A rule deferred to the commit, or a write too large for what is left of the disk: alone, each finds out whether it was its own.
    private static func isOfOneWrite(_ error: any Error) -> Bool {
        error is ConstraintViolation || (error as? Problem)?.kind == .storageFull
    }

    private func runEachAlone(_ writes: [WaitingWrite]) -> Outcome {
        var outcome = Outcome()
        for write in writes {
            let single = run(from: write, next: { nil })
            outcome.commits += single.commits
            outcome.writes += single.writes
            outcome.reports += single.reports
        }
        return outcome
    }

    private func control(_ sql: String) throws {
        try translation.translating { _ = try PreparedStatement(try database.cachedStatement(sql: sql), on: database).run([]) }
    }
}
