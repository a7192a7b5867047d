// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Corrupted data")
struct CorruptionTests {
    /// Four segments of the store, the text of each said over and over.
    private static let segments = ["first", "second", "third", "fourth"].map { name in
        Array(String(repeating: name + " ", count: (64 << 10) / name.count + 1).utf8.prefix(64 << 10))
    }

    private static func curl(_ server: ServerProcess, _ path: String) async throws -> Command {
        try await Command.program(
            "curl", "--silent", "--fail-with-body", "-H", "Authorization: Bearer \(server.token)", server.address + path)
    }

    private static func largestFile(in folder: URL) throws -> URL? {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])?.compactMap { $0 as? URL } ?? []
        let sizes = try files.map { ($0, try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
        return sizes.max { $0.1 < $1.1 }?.0
    }

    @Test("a changed ledger entry makes 'ledger verify' exit 10 and name the entry")
    func ledgerEntry() async throws {
        let server = try await ServerProcess.start()
        for name in ["amina", "omar", "layla"] {
            #expect(try await server.json(.POST, "/api/v1/tokens", #"{"principal":"\#(name)"}"#).status == 201)
        }
        await server.stop()
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            seq, id = database.execute("SELECT seq, id FROM ledger_entry WHERE payload LIKE '%omar%'").fetchone()
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            database.execute("UPDATE ledger_entry SET payload = replace(payload, 'omar', 'oman') WHERE id = ?", (id,))
            database.commit()
            print(seq, id)
            """
        let change = try await Command.program("python3", "-c", script, server.folder.appending(path: "dhow.sqlite").path)
        #expect(change.status == 0, "\(change.errors)")
        let names = change.output.split(whereSeparator: \.isWhitespace).map(String.init)
        let verification = try await Command.dhow("ledger", "verify", "--data", server.folder.path)
        #expect(verification.status == 10, "\(verification.errors)")
        let text = verification.output + verification.errors
        #expect(names.count == 2 && names.contains { text.contains($0) } && text.contains(names.last ?? "?"), "\(names): \(text)")
        await server.remove()
    }
}
