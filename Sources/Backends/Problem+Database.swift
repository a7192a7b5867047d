// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Failures that mean the same on every engine, so that callers see the same code.
extension Problem {
    package static var databaseClosed: Problem {
        Problem(.unavailable, "database.closed", "The database is closed.", why: "The server is stopping.", fix: "Try again when it is up.")
    }

    package static func tooManyWaiting(_ limit: Int) -> Problem {
        Problem(
            .exhausted, "database.queue.full", "Too many requests wait for the database.", why: "\(limit) are waiting.",
            fix: "Try again in a few seconds.")
    }

    package static var databaseLocked: Problem {
        Problem(
            .unavailable, "database.locked", "Another process kept the database locked.", why: "The write was not begun or not committed.",
            fix: "Try again; look for a long-running process on the same database.")
    }

    package static var storageFull: Problem {
        Problem(
            .storageFull, "database.storage.full", "The database has no room for this write.", why: "Its disk is full; reading goes on.",
            fix: "Free space on the disk of the database, then repeat the request.")
    }

    package static var readOnly: Problem {
        Problem(.internal, "database.read.wrote", "The database refused to write.", why: "The transaction or the file is read-only.")
    }
}
