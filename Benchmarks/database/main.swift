// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import Postgres
import SQLite

let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-bench-\(UUID().uuidString)")
let environment = ProcessInfo.processInfo.environment
let seconds = environment["DHOW_BENCH_SECONDS"].flatMap(Double.init) ?? 3
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

var report = Report()
let disk = DiskProbe(path: folder.appending(path: "probe").path)
report.add("write+fsync", writers: 1, try disk.measure(seconds: seconds))

let sqlite = try SQLiteDatabase(path: folder.appending(path: "bench.sqlite").path)
for writers in [1, 8, 64] {
    let before = sqlite.writerCounts
    var measured = try await WriteLoad(database: sqlite, writers: writers).measure(seconds: seconds)
    let after = sqlite.writerCounts
    measured.writesPerCommit = Double(after.writes - before.writes) / Double(max(1, after.commits - before.commits))
    report.add("sqlite", writers: writers, measured)
}
await sqlite.close()

if let url = environment["DHOW_TEST_POSTGRES"], url != "off" {
    let postgres = try PostgresDatabase(url: url)
    for writers in [1, 8, 64] {
        report.add("postgres", writers: writers, try await WriteLoad(database: postgres, writers: writers).measure(seconds: seconds))
    }
    await postgres.close()
} else {
    print("DHOW_TEST_POSTGRES is not set: Postgres is not measured.")
}

report.add("write+fsync", writers: 1, try disk.measure(seconds: seconds))
report.print()
