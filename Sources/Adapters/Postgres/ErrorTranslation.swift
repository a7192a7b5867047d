// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Logging

/// Turns the server's errors into ours at the adapter's door; the original goes to the log.
struct ErrorTranslation: Sendable {
    let logger: Logger

    /// `ConstraintViolation` for the schema's rules, `Problem` for all else.
    func translated(_ error: ServerError) -> any Error {
        if let kind = Self.violation(error.sqlState) { return ConstraintViolation(kind: kind, detail: error.message) }
        let level: Logger.Level = error.isConflict || error.isStaleStatement ? .debug : .error
        logger.log(level: level, "A statement failed", metadata: ["sqlstate": "\(error.sqlState)", "error": "\(error.message)"])
        return problem(error)
    }

    /// - Parameter message: libpq's; it names host, port and user, never the password.
    func unreachable(_ message: String) -> Problem {
        logger.warning("The Postgres server cannot be reached", metadata: ["error": "\(message)"])
        return Problem(
            .unavailable, "database.postgres.unreachable", "The Postgres server cannot be reached.",
            why: message.split(whereSeparator: \.isNewline).first.map(String.init),
            fix: "See that the server runs, and that host, port, user and password of the database URL are right.")
    }

    func lostConnection(_ error: ServerError) -> Problem {
        logger.warning("The connection to Postgres broke", metadata: ["sqlstate": "\(error.sqlState)", "error": "\(error.message)"])
        return Problem(
            .unavailable, "database.connection.lost", "The connection to the database broke.", why: "Nothing of the request was committed.",
            fix: "Try again.")
    }

    func unknownCommit(_ error: ServerError) -> Problem {
        logger.error("The connection to Postgres broke during a commit", metadata: ["error": "\(error.message)"])
        return Problem(
            .unavailable, "database.commit.unknown", "The connection to the database broke while the write was being committed.",
            why: "It may or may not be stored.", fix: "Look whether it is, or repeat the request with the same idempotency key.")
    }

    var unexplainedRollback: Problem {
        Problem(.internal, "database.statement.failed", "A database statement failed.", why: "The server undid the transaction.")
    }

    private static func violation(_ sqlState: String) -> ConstraintViolation.Kind? {
        switch sqlState {
        case "23505": .unique
        case "23503", "23001": .foreignKey
        case "23514", "23P01": .check
        case "23502": .notNull
        default: nil
        }
    }

    private func problem(_ error: ServerError) -> Problem {
        if error.isConnectionLost { return lostConnection(error) }
        switch error.sqlState {
        case "53100": return .storageFull
        case "25006": return .readOnly
        case "40001", "40P01", "55P03": return .databaseLocked
        case let state where state.hasPrefix("53") || state == "57014":
            return Problem(
                .unavailable, "database.server.overloaded", "The database server could not carry the request out.", why: error.message,
                fix: "Try again in a few seconds.")
        default:
            return Problem(
                .internal, "database.statement.failed", "A database statement failed.",
                why: "The server's log has the engine's own message.")
        }
    }
}
