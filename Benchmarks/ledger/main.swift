// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import SQLite

// What the ledger costs: `bench-ledger [ENTRIES]`, 1,000,000 without an argument. CPU seconds are those of the whole process.

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let folder = FileManager.default.temporaryDirectory.appending(path: "bench-ledger-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

let clock = SystemWallClock()
let identifiers = IdentifierSource(clock: clock)
let sample = MigrationList("bench", [Migration(1, "create", ["CREATE TABLE change (id TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)"])])

func entry(_ number: Int) -> LedgerEntry {
    LedgerEntry(
        id: identifiers.next(), time: clock.now(), actor: "user:amina", verb: "version.registered",
        resource: "model/flights/\(number % 5000)",
        workspace: "default", decision: "registry.version.register", requestID: "01JCXW5S2E8Q4D3F6G7H8J9K0M",
        payload: [
            "artifact": "sha256:5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            "run": "7f3e1c2ab54d4f0e9b6a8c7d6e5f4a3b",
            "signed": true, "number": .integer(Int64(number)),
        ])
}

func measure(_ name: String, per count: Int, _ body: () async throws -> Void) async throws {
    func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let (start, startCPU) = (ContinuousClock.now, cpu())
    try await body()
    let seconds = Double((ContinuousClock.now - start).milliseconds) / 1000
    let figures = String(format: "%8.2f s wall %8.2f s CPU %10.0f a second", seconds, cpu() - startCPU, Double(count) / max(seconds, 0.001))
    print("\(name.padding(toLength: 44, withPad: " ", startingAt: 0)) \(figures)")
}

func openDatabase(_ name: String) async throws -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: folder.appending(path: name).path)
    try await Migrator([sample, LedgerMigrations.list]).migrate(database)
    return database
}

/// `writes` changes from `tasks` tasks, each its own acknowledged write.
func change(_ database: SQLiteDatabase, writes: Int, tasks: Int, withLedger: Bool) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
            group.addTask {
                for number in stride(from: task, to: writes, by: tasks) {
                    let entry = entry(number)
                    try await database.write { transaction in
                        try transaction.execute("INSERT INTO change (id, value) VALUES (?, ?)", entry.id, number)
                        if withLedger { try Ledger(transaction: transaction).append(entry) }
                    }
                }
            }
        }
        try await group.waitForAll()
    }
}

for tasks in [1, 64] {
    for withLedger in [false, true] {
        let database = try await openDatabase("appends-\(tasks)-\(withLedger).sqlite")
        let writes = tasks == 1 ? 1000 : 20_000
        try await measure("writes, \(tasks) task\(tasks == 1 ? "" : "s"), \(withLedger ? "with ledger" : "without")", per: writes) {
            try await change(database, writes: writes, tasks: tasks, withLedger: withLedger)
        }
        await database.close()
    }
}

let database = try await openDatabase("ledger.sqlite")
try await measure("append \(count) entries, 1000 a write", per: count) {
    for start in stride(from: 0, to: count, by: 1000) {
        let entries = (start..<min(count, start + 1000)).map(entry)
        try await database.write { transaction in
            for entry in entries { try Ledger(transaction: transaction).append(entry) }
        }
    }
}
let sequencer = LedgerSequencer(database: database)
try await measure("sequence them", per: count) { try await sequencer.sequence() }
let signer = LedgerSigner(
    database: database, signer: try NoteSigner(name: "dhow.local/bench", seed: SymmetricKey(size: .bits256)),
    file: CheckpointFile(path: folder.appending(path: "checkpoint").path), clock: clock)
_ = try await signer.sign()
let verification = LedgerVerification(verifier: signer.verifier)
try await measure("verify the database", per: count) {
    let report = try await verification.verify(database)
    precondition(report.isSound && report.soundSize == Int64(count), "The ledger verifies.")
}
let export = TileFolder(folder.appending(path: "export"))
try await measure("export", per: count) { try await LedgerExport(database: database).write(to: export) }
try await measure("verify the export", per: count) {
    let report = try verification.verify(export)
    precondition(report.isSound && report.soundSize == Int64(count), "The export verifies.")
}
let receipts = 200
let ids = try await database.read { try LedgerReader(transaction: $0).entries(after: Int64(count) / 3, limit: receipts).map(\.entry.id) }
try await measure("make receipts", per: ids.count) {
    for id in ids { _ = try await database.read { try LedgerProofs(transaction: $0).receipt(for: id) } }
}
await database.close()
let size = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "ledger.sqlite").path)[.size] as? Int ?? 0
print("database: \(size / count) bytes an entry")
