// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation

/// Writers that each insert one row per write, the next when the last is durable.
struct WriteLoad {
    let database: any Database
    let writers: Int

    func measure(seconds: Double) async throws -> Measurement {
        try await database.write { transaction in
            try transaction.execute("DROP TABLE IF EXISTS bench_item")
            try transaction.execute("CREATE TABLE bench_item (id BIGINT PRIMARY KEY, value TEXT NOT NULL)")
        }
        let clock = ContinuousClock()
        let start = clock.now
        let processor = processorSeconds()
        let writes = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var count = 0
                    while clock.now - start < .seconds(seconds) {
                        let id = writer << 40 | count
                        try await database.write { transaction in
                            try transaction.execute(
                                "INSERT INTO bench_item (id, value) VALUES (?, ?)", id, "a value of thirty-two characters")
                        }
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let elapsed = (clock.now - start) / .seconds(1)
        let used = processorSeconds() - processor
        let stored = try await database.read { transaction in
            let count: Int? = try transaction.row("SELECT count(*) AS n FROM bench_item")?["n"]
            return count
        }
        precondition(stored == writes, "Every acknowledged write is stored.")
        try await database.write { try $0.execute("DROP TABLE bench_item") }
        return Measurement(writes: writes, seconds: elapsed, cpuSeconds: used)
    }
}
