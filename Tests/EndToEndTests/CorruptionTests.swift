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

    @Test("a flipped byte in a blob is detected when it is read; its segment is not given out and the server goes on", arguments: [0, 2])
    func blob(damaged: Int) async throws {
        try await withServer { server in
            let base = "/api/2.0/mlflow-artifacts/artifacts/"
            #expect(try await server.send(.PUT, base + "damaged", body: Self.segments.flatMap(\.self)).status == 200)
            #expect(try await server.send(.PUT, base + "sound", body: [1, 2, 3]).status == 200)
            // The file's name is not the digest of what is in it; the ETag is.
            let tag = try await server.send(.GET, base + "damaged").headers["ETag"].first
            let digest = try #require(tag?.trimmingCharacters(in: CharacterSet(charactersIn: "\"")))
            let file = try #require(try Self.largestFile(in: server.folder.appending(path: "blobs")))
            var bytes = try Data(contentsOf: file)
            // The header is short beside a segment.
            bytes[damaged * (64 << 10) + (40 << 10)] ^= 1
            try bytes.write(to: file)

            let read = try await Self.curl(server, base + "damaged")
            #expect(read.status != 0, "the answer must not look whole")
            let word = ["first ", "second ", "third ", "fourth "][damaged]
            #expect(!read.output.contains(word + word))
            try await eventually("the log names the blob", holds: { server.log.contains(digest) })
            #expect(try await server.send(.GET, base + "sound").body == Data([1, 2, 3]))
        }
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
