// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import Testing

@Suite("TLS")
struct TransportTests {
    /// A self-signed certificate for 127.0.0.1.
    private static func makeCertificate(in folder: URL) async throws -> (certificate: String, key: String) {
        let (certificate, key) = (folder.appending(path: "server.pem").path, folder.appending(path: "server.key").path)
        let made = try await Command.program(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
            certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
        #expect(made.status == 0, "\(made.errors)")
        return (certificate, key)
    }

    @Test("with a certificate the server answers https to who trusts it, and nothing in the clear")
    func https() async throws {
        try await withTemporaryFolder { folder in
            let (certificate, key) = try await Self.makeCertificate(in: folder)
            try await withServer(["--tls-certificate", certificate, "--tls-key", key]) { server in
                #expect(server.address.hasPrefix("https://"))
                let url = server.address + "/livez"
                let trusting = try await Command.program("curl", "--silent", "--max-time", "20", "--cacert", certificate, url)
                #expect(trusting.status == 0 && trusting.output == "ok\n", "\(trusting)")
                let old = try await Command.program("curl", "--silent", "--max-time", "20", "--tls-max", "1.1", "--insecure", url)
                #expect(old.status != 0)
                let untrusting = try await Command.program("curl", "--silent", "--max-time", "20", url)
                #expect(untrusting.status != 0)
                let clear = try await Command.program("curl", "--silent", "--max-time", "20", url.replacing("https://", with: "http://"))
                #expect(clear.status != 0 && clear.output.isEmpty, "\(clear)")
                let again = try await Command.program("curl", "--silent", "--max-time", "20", "--cacert", certificate, url)
                #expect(again.status == 0)
            }
        }
    }

    @Test("the command line trusts the authority it is given, and refuses at once a server whose certificate it cannot verify")
    func client() async throws {
        try await withTemporaryFolder { folder in
            let (certificate, key) = try await Self.makeCertificate(in: folder)
            try await withServer(["--tls-certificate", certificate, "--tls-key", key]) { server in
                let refused = try await Command.dhow("token", "list", "--url", server.address, "--token", server.token)
                #expect(refused.status == 75, "\(refused.status) \(refused.errors)")
                #expect(refused.errors.contains("CERTIFICATE_VERIFY_FAILED"), "\(refused.errors)")
                let trusted = try await Command.dhow(
                    "token", "list", "--url", server.address, "--token", server.token, "--certificate-authority", certificate)
                #expect(trusted.status == 0, "\(trusted.errors)")
                let unusable = try await Command.dhow(
                    "token", "list", "--url", server.address, "--token", server.token, "--certificate-authority", key)
                #expect(unusable.status == 64, "\(unusable.errors)")
            }
        }
    }

    @Test("an unusable certificate or key is refused at start-up with the reason")
    func unusable() async throws {
        try await withTemporaryFolder { folder in
            let (certificate, key) = try await Self.makeCertificate(in: folder)
            let swapped = try await Command.dhow(
                "serve", "--data", folder.path, "--port", "0", "--tls-certificate", key, "--tls-key", certificate)
            #expect(swapped.status == 64)
            #expect(swapped.errors.contains("TLS"), "\(swapped.errors)")
            let half = try await Command.dhow("serve", "--data", folder.path, "--port", "0", "--tls-certificate", certificate)
            #expect(half.status == 64)
        }
    }
}
