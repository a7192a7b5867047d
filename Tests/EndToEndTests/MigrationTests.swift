// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Migrations of the whole schema")
struct MigrationTests {
    @Test("migrate --check exits 2 on a fresh database without changing it, and 0 on one that is up to date")
    func check() async throws {
        try await withTemporaryFolder { folder in
            for _ in 0..<2 {
                let fresh = try await Command.dhow("migrate", "--check", "--data", folder.path)
                #expect(fresh.status == 2, "\(fresh.errors)")
                #expect(fresh.output.contains("would run"))
            }
            let migration = try await Command.dhow("migrate", "--data", folder.path)
            #expect(migration.status == 0, "\(migration.errors)")
            let current = try await Command.dhow("migrate", "--check", "--data", folder.path)
            #expect(current.status == 0)
            #expect(current.output.contains("up to date"))
        }
    }

    @Test("four servers that start at once on one fresh Postgres migrate it once, and all answer")
    func concurrentStart() async throws {
        let environment = ProcessInfo.processInfo.environment["DHOW_TEST_POSTGRES"]
        guard environment != "off" else { return }
        let url = try #require(environment, "DHOW_TEST_POSTGRES is not set; run 'make test', which starts a Postgres, or set it to 'off'.")
        let schema = "servers_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let creation = try await Command.program("psql", "--quiet", url, "-c", "CREATE SCHEMA \(schema)")
        #expect(creation.status == 0, "\(creation.errors)")
        let database = url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
        // Replicas of one installation: one database, one folder of blobs and keys made before.
        let folder = try ServerProcess.temporaryFolder()
        let servers = try await withThrowingTaskGroup(of: ServerProcess.self) { group in
            for _ in 0..<4 {
                group.addTask { try await ServerProcess.start(folder: folder, ["--database", database]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let token = try String(contentsOf: folder.appending(path: "admin-token"), encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
        for (index, server) in servers.enumerated() {
            let response = try await server.send(
                .POST, "/api/v1/tokens", body: Array(#"{"principal":"p\#(index)"}"#.utf8), headers: [("Authorization", "Bearer \(token)")])
            #expect(response.status == 201, "\(response.text)")
        }
        let tokens = try await servers[0].send(.GET, "/api/v1/tokens", headers: [("Authorization", "Bearer \(token)")])
        let administrators = (tokens.member("items") as? [[String: Any]])?.filter { $0["principal"] as? String == "user:admin" }
        #expect(administrators?.count == 1, "\(tokens.text)")
        for server in servers { #expect(await server.stop() == 0) }
        let check = try await Command.dhow("migrate", "--check", "--data", folder.path, "--database", database)
        #expect(check.status == 0, "\(check.output)")
        let verification = try await Command.dhow("ledger", "verify", "--data", folder.path, "--database", database)
        #expect(verification.status == 0, "\(verification.errors)")
        for server in servers { await server.remove() }
        _ = try await Command.program("psql", "--quiet", url, "-c", "DROP SCHEMA \(schema) CASCADE")
    }
}
