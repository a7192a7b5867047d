// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("Access over HTTP")
struct AccessTests {
    @Test("refuses a missing, a malformed, an unknown and a revoked token with 401 and says how to get one")
    func tokens() async throws {
        try await withServer { server in
            let absent = try await server.send(.GET, "/api/v1/tokens", authorized: false)
            #expect(absent.status == 401)
            #expect(absent.member("fix") as? String != nil)
            #expect(absent.headers["WWW-Authenticate"].first?.contains("Basic") == true)
            for text in ["Bearer nonsense", "Bearer dhow_0123456789ab_\(String(repeating: "0", count: 64))", "Digest x", "Basic !!!"] {
                let refused = try await server.send(.GET, "/api/v1/tokens", headers: [("Authorization", text)])
                #expect(refused.status == 401, "\(text)")
            }
            let made = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#)
            let token = try #require(made.member("token") as? String)
            let id = try #require(made.member("id") as? String)
            let forbidden = try await server.send(.GET, "/api/v1/tokens", headers: [("Authorization", "Bearer \(token)")])
            #expect(forbidden.status == 403)
            let revocation = try await server.send(.DELETE, "/api/v1/tokens/\(id)")
            #expect(revocation.status == 200)
            let revoked = try await server.send(.GET, "/api/v1/tokens", headers: [("Authorization", "Bearer \(token)")])
            #expect(revoked.status == 401)
        }
    }

    @Test("takes the token as a password of HTTP Basic, as the mlflow client sends it")
    func basic() async throws {
        try await withServer { server in
            let pair = Data("anyone:\(server.token)".utf8).base64EncodedString()
            let response = try await server.send(.GET, "/api/v1/tokens", headers: [("Authorization", "Basic \(pair)")])
            #expect(response.status == 200)
        }
    }

    @Test("a repeated Idempotency-Key gives the first result, and another body under it is refused")
    func idempotency() async throws {
        try await withServer { server in
            let key = [("Idempotency-Key", "first")]
            let first = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#, headers: key)
            let second = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"amina"}"#, headers: key)
            #expect(first.status == 201)
            #expect(first.member("id") as? String == second.member("id") as? String)
            #expect(second.member("token") == nil, "a secret is shown once")
            let other = try await server.json(.POST, "/api/v1/tokens", #"{"principal":"omar"}"#, headers: key)
            #expect(other.status == 422)
            #expect(other.member("code") as? String == "request.idempotency-key.reused")
        }
    }

    @Test("--auth off is refused on an address that is not loopback")
    func authenticationOff() async throws {
        let folder = try ServerProcess.temporaryFolder()
        let process = RunningProcess(
            ServerProcess.binary, ["serve", "--data", folder.path, "--host", "0.0.0.0", "--port", "0", "--auth", "off"])
        try process.start()
        #expect(await process.status() == 64)
        #expect(process.errors().contains("loopback"))
        try FileManager.default.removeItem(at: folder)
    }

    @Test("the administrator's token is in a file only its owner can read, and never in the log or the database")
    func adminToken() async throws {
        try await withServer(["--log-level", "trace"]) { server in
            let attributes = try FileManager.default.attributesOfItem(atPath: server.folder.appending(path: "admin-token").path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            _ = try await server.send(.GET, "/api/v1/tokens")
            await server.stop()
            for name in ["dhow.sqlite", "dhow.sqlite-wal"] {
                let bytes = (try? Data(contentsOf: server.folder.appending(path: name))) ?? Data()
                #expect(bytes.range(of: Data(server.token.utf8)) == nil, "\(name)")
            }
        }
    }
}
