// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// How connections to the file are opened: one writes, the others only read.
struct DatabaseFile: Sendable {
    let path: String
    let busySeconds: Double

    func openForWriting() throws -> DatabaseQueue {
        var configuration = configuration("dhow.sqlite.writer")
        configuration.journalMode = .wal
        var attempt = 1
        while true {
            do {
                let queue = try DatabaseQueue(path: path, configuration: configuration)
                // GRDB sets NORMAL with WAL, so this comes after; NORMAL could lose acknowledged writes with the power.
                try queue.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
                }
                return queue
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < 20 {
                // Two processes that switch a new file to WAL at once: SQLite answers one of them without waiting.
                attempt += 1
                Thread.sleep(forTimeInterval: .random(in: 0.01...0.05))
            }
        }
    }

    /// After `openForWriting`, which makes the file.
    func openForReading() throws -> DatabaseQueue {
        var configuration = configuration("dhow.sqlite.reader")
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private func configuration(_ label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.prepareDatabase { $0.add(function: PatternFunction.make()) }
        return configuration
    }
}
