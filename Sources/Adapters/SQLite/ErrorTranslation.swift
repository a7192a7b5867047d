// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import GRDB
import Logging

/// Turns SQLite's errors into ours at the adapter's door; the original goes to the log.
struct ErrorTranslation: Sendable {
    let logger: Logger

    /// Runs `body`; an error of GRDB leaves as `ConstraintViolation` or `Problem`, any other as it is.
    func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw translated(error)
        }
    }

    func openingProblem(_ error: any Error, path: String) -> Problem {
        logger.error("Opening the database failed", metadata: ["path": "\(path)", "error": "\(error)"])
        return Problem(
            .unavailable, "database.file.unopenable", "The database file '\(path)' cannot be opened.",
            why: (error as? DatabaseError)?.message ?? "\(error)",
            fix: "See that the folder exists, that this user may write there, and that the file is a Dhow database.")
    }

    private func translated(_ error: DatabaseError) -> any Error {
        if error.resultCode == .SQLITE_CONSTRAINT { return violation(error) }
        let problem = problem(error)
        // SQL goes to the log only, and values never: GRDB leaves arguments out of the description.
        logger.log(level: problem.kind == .invalid ? .debug : .error, "A statement failed", metadata: ["error": "\(error)"])
        return problem
    }

    private func violation(_ error: DatabaseError) -> ConstraintViolation {
        let kind: ConstraintViolation.Kind =
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: .unique
            case .SQLITE_CONSTRAINT_FOREIGNKEY: .foreignKey
            case .SQLITE_CONSTRAINT_NOTNULL: .notNull
            // ON DELETE RESTRICT is a trigger inside SQLite.
            case .SQLITE_CONSTRAINT_TRIGGER where error.message?.hasPrefix("FOREIGN KEY") == true: .foreignKey
            default: .check
            }
        return ConstraintViolation(kind: kind, detail: error.message ?? "\(error.extendedResultCode)")
    }

    private func problem(_ error: DatabaseError) -> Problem {
        switch error.resultCode {
        case .SQLITE_FULL: .storageFull
        case .SQLITE_BUSY, .SQLITE_LOCKED: .databaseLocked
        case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
        case .SQLITE_TOOBIG:
            Problem(
                .tooLarge, "database.value.tooLarge", "A value is larger than the database stores.",
                fix: "Store it as a blob of the blob store.")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_CORRUPT, .SQLITE_NOTADB:
            Problem(
                .unavailable, "database.file.failed", "The database file cannot be read or written.", why: error.message,
                fix: "Check the disk; the server's log names the operation that failed.")
        default:
            Problem(
                .internal, "database.statement.failed", "A database statement failed.",
                why: "The server's log has the engine's own message.")
        }
    }
}
