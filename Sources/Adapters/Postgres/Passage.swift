// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One passage of a read or write through a transaction on a connection: lock, begin, body, commit, unlock.
struct Passage<Result: Sendable>: Sendable {
    enum Outcome: Sendable {
        case done(Result)
        /// Nothing was committed; another transaction came between.
        case conflict
        /// Nothing was committed; the connection is of no more use.
        case connectionLost(Problem)
    }

    let isWrite: Bool
    let lockKey: Int64?
    let translation: ErrorTranslation
    let body: @Sendable (any Transaction) throws -> Result

    /// - Throws: What the body threw, or `Problem` when the transaction failed for good.
    func run(on connection: PostgresConnection) throws -> Outcome {
        do {
            // Before the transaction begins, or its snapshot would be older than what the lock protects.
            if let lockKey { try connection.control("SELECT pg_advisory_lock(\(lockKey))") }
            try connection.control(isWrite ? "BEGIN ISOLATION LEVEL SERIALIZABLE" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        } catch let error as ServerError {
            connection.isUsable = false
            guard error.isConnectionLost else { throw translation.translated(error) }
            return .connectionLost(translation.lostConnection(error))
        }
        defer { unlock(connection) }
        let transaction = PostgresTransaction(connection: connection, translation: translation)
        let result: Result
        do {
            result = try body(transaction)
            try transaction.requireIntact()
        } catch {
            rollBack(connection)
            guard let cause = transaction.fatal else { throw error }
            if cause.isStaleStatement { connection.forgetStatements() }
            return cause.isConnectionLost ? .connectionLost(translation.lostConnection(cause)) : .conflict
        }
        return try commit(result, on: connection)
    }

    private func commit(_ result: Result, on connection: PostgresConnection) throws -> Outcome {
        do {
            let tag = try connection.control("COMMIT")
            // The server answers ROLLBACK, and no error, when the transaction had failed.
            guard tag == "COMMIT" else { throw TransactionLost.error(after: translation.unexplainedRollback) }
            return .done(result)
        } catch let error as ServerError {
            if error.isConflict { return .conflict }
            guard error.isConnectionLost else { throw translation.translated(error) }
            connection.isUsable = false
            // A read has nothing to lose; of a write it is not known whether it is committed.
            guard isWrite else { return .connectionLost(translation.lostConnection(error)) }
            throw translation.unknownCommit(error)
        }
    }

    private func rollBack(_ connection: PostgresConnection) {
        guard connection.isUsable else { return }
        do { try connection.control("ROLLBACK") } catch { connection.isUsable = false }
    }

    /// A session that cannot be unlocked is ended instead, which unlocks it.
    private func unlock(_ connection: PostgresConnection) {
        guard let lockKey, connection.isUsable else { return }
        do { try connection.control("SELECT pg_advisory_unlock(\(lockKey))") } catch { connection.isUsable = false }
    }
}

enum AdvisoryLock {
    /// 64-bit FNV-1a of the name, the same in every process and release.
    static func key(_ name: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "dhow lock \(name)".utf8 {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}
