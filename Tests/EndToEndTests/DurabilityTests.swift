// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Stopping, crashing and restarting")
struct DurabilityTests {
    @Test("SIGTERM drains and exits 0, and the address file is gone")
    func stop() async throws {
        try await withServer { server in
            #expect(await server.stop() == 0)
            #expect(!FileManager.default.fileExists(atPath: server.folder.appending(path: "address").path))
        }
    }

    @Test("what was acknowledged before kill -9 is there after a restart, and the ledger verifies")
    func crash() async throws {
        let server = try await ServerProcess.start()
        var acknowledged: [String] = []
        for round in 0..<20 {
            let response = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"p\#(round)"}"#)
            #expect(response.status == 201)
            acknowledged.append(try #require(response.member("id") as? String))
        }
        await server.crash()
        let again = try await ServerProcess.start(folder: server.folder)
        let tokens = try await again.send(.GET, "/api/v1/tokens").text
        for id in acknowledged { #expect(tokens.contains(id)) }
        await again.stop()
        let verification = RunningProcess(ServerProcess.binary, ["ledger", "verify", "--data", server.folder.path])
        try verification.start()
        #expect(await verification.status() == 0, "\(verification.errors())")
        await again.remove()
    }

    @Test("a database set back behind the checkpoint kept outside it is refused at start-up")
    func rollback() async throws {
        let server = try await ServerProcess.start()
        await server.stop()
        let database = server.folder.appending(path: "dhow.sqlite")
        let old = try Data(contentsOf: database)
        let again = try await ServerProcess.start(folder: server.folder)
        let late = try await again.json(.POST, "/api/v1/tokens", #"{"principal":"late"}"#)
        #expect(late.status == 201)
        await again.stop()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database.path + suffix) }
        try old.write(to: database)
        await #expect(throws: ServerProcess.StartFailure.self) { _ = try await ServerProcess.start(folder: server.folder) }
        await again.remove()
    }
}
