// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Egress
import Foundation
import Testing

@Suite("Mail over SMTP", .enabled(if: MailServer.isThere, "aiosmtpd is not there"), .timeLimit(.minutes(2)))
struct SMTPMailClientTests {
    private let mail = Mail(
        id: "01J", subject: "[kritisch] Verspätungen: log loss of 'flights' is worse, and has been for quite a while",
        text: ".\r\nA line of ünïcode\r\n..\r\n", time: Timestamp(milliseconds: 1_700_000_000_000))

    private func target(_ scheme: String, _ server: MailServer, user: String? = nil, to: String = "ops@example.org") throws -> MailTarget {
        try MailTarget(
            "\(scheme)://127.0.0.1:\(server.port)?from=dhow@example.org&to=\(to)" + (user.map { "&user=\($0)" } ?? ""))
    }

    private func client(trusting server: MailServer? = nil) throws -> SMTPMailClient {
        SMTPMailClient(allowance: try EgressAllowance("127.0.0.1"), authorities: server?.certificate)
    }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch { return (error as? Problem)?.code ?? "\(error)" }
    }

    @Test("a mail is taken as it was written, by all receivers, over a connection without TLS when the server has none")
    func plain() async throws {
        let server = try MailServer("plain")
        try await client().send(mail, to: try target("smtp", server, to: "ops@example.org,layla@example.org"), password: nil)
        let taken = try #require(try server.mail())
        #expect(taken["from"]?.text == "dhow@example.org" && taken["to"] == ["ops@example.org", "layla@example.org"])
        #expect(taken["tls"] == false)
        let text = try #require(taken["text"]?.text)
        #expect(text.utf8.allSatisfy { $0 < 128 })
        let parts = text.replacing("\r\n", with: "\n").split(separator: "\n\n", maxSplits: 1)
        #expect(parts[0].contains("Message-ID: <01J@example.org>") && parts[0].contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"))
        let body = try #require(Data(base64Encoded: String(parts[1]), options: .ignoreUnknownCharacters))
        #expect(String(decoding: body, as: UTF8.self) == mail.text)
        #expect(parts[0].split(separator: "\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test("the password goes over TLS alone, to a server with a trusted certificate", arguments: ["starttls", "tls"])
    func secured(mode: String) async throws {
        let server = try MailServer(mode)
        let target = try self.target(mode == "tls" ? "smtps" : "smtp", server, user: "dhow")
        try await client(trusting: server).send(mail, to: target, password: "hunter2")
        let taken = try #require(try server.mail())
        #expect(taken["tls"] == true && taken["user"]?.text == "dhow")
        #expect(await code { try await client(trusting: server).send(mail, to: target, password: "wrong") } == "egress.mail.refused")
        // The system does not know who made the certificate.
        #expect(await code { try await client().send(mail, to: target, password: "hunter2") } == "egress.receiver.unreachable")
    }

    @Test("no password without TLS, nothing said in the clear is taken for what TLS protects, nothing goes where it may not")
    func refused() async throws {
        let plain = try MailServer("plain")
        #expect(
            await code { try await client().send(mail, to: try self.target("smtp", plain, user: "dhow"), password: "p") }
                == "egress.mail.insecure")
        let injecting = try MailServer("injecting")
        let target = try self.target("smtp", injecting, user: "dhow")
        #expect(await code { try await client(trusting: injecting).send(mail, to: target, password: "p") } == "egress.mail.unknown")
        let closed = SMTPMailClient(allowance: EgressAllowance())
        #expect(await code { try await closed.send(mail, to: target, password: nil) } == "egress.address.refused")
        #expect(await code { try await closed.check(target) } == "egress.address.refused")
    }

    @Test(
        "a URL of mail has a server, one sender and receivers, and nothing that could become a command or a header",
        arguments: [
            "smtp://mail.example.org?from=a@b.org", "smtp://mail.example.org?to=a@b.org",
            "smtp://u:p@mail.example.org?from=a@b.org&to=a@b.org",
            "http://mail.example.org?from=a@b.org&to=a@b.org", "smtp://mail.example.org/x?from=a@b.org&to=a@b.org",
            "smtp://mail.example.org?from=a@b.org&to=a%3E%0D%0ARCPT@b.org", "smtp://mail.example.org?from=a@b.org&to=a@b.org&cc=c@d.org",
            "smtp://mail.example.org:0?from=a@b.org&to=a@b.org", "smtp://mail.example.org?from=a@b.org&to=a@b@c.org",
            "smtp://mail.example.org?from=a@b.org&to=a@b.org&user=%00x",
        ])
    func malformed(url: String) {
        let problem = #expect(throws: Problem.self) { _ = try MailTarget(url) }
        #expect(problem?.code == "egress.mail.malformed")
    }
}
