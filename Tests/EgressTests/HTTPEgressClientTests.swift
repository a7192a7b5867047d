// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Egress
import Testing

@Suite("The way out")
struct HTTPEgressClientTests {
    @Test(
        "refuses what leads to this machine, however it is written",
        arguments: [
            "http://127.0.0.1:9/", "http://localhost:9/", "http://127.1:9/", "http://2130706433:9/", "http://0x7f000001:9/", "http://0:9/",
            "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://169.254.169.254/latest", "https://10.0.0.1/",
        ])
    func refusing(text: String) async throws {
        let client = HTTPEgressClient(allowance: EgressAllowance())
        let url = try EgressURL(text)
        let problem = await #expect(throws: Problem.self) {
            try await client.send(EgressRequest(url: url, headers: [], body: []))
        }
        #expect(problem?.code == "egress.address.refused")
        await #expect(throws: Problem.self) { try await client.check(url) }
    }

    @Test("says that nobody listens at an address it may go to")
    func unreachable() async throws {
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        // Port 1 of this machine: nothing listens there.
        let url = try EgressURL("http://127.0.0.1:1/")
        let problem = await #expect(throws: Problem.self) {
            try await client.send(EgressRequest(url: url, headers: [], body: []))
        }
        #expect(problem?.code == "egress.receiver.unreachable")
    }

    @Test("sends what follows over the same connection")
    func keeping() async throws {
        let server = try await CountingServer()
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        let url = try EgressURL("http://127.0.0.1:\(server.port)/")
        for _ in 0..<5 {
            let answer = try await client.send(EgressRequest(url: url, headers: [], body: []))
            #expect(answer == EgressAnswer(status: 200, body: Array("ok".utf8)))
        }
        #expect(server.requests == 5)
        // A pause of 1.5 s between two requests, on a busy machine, is the only reason for more than one.
        #expect(server.connections < 5)
        try await server.stop()
    }

    @Test("sends again what may be, when the receiver hangs up instead of answering", arguments: [true, false])
    func repeating(isRepeatable: Bool) async throws {
        let server = try await CountingServer(.hangsUp(at: 2))
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        let request = EgressRequest(
            url: try EgressURL("http://127.0.0.1:\(server.port)/"), headers: [], body: [], isRepeatable: isRepeatable)
        _ = try await client.send(request)
        if isRepeatable {
            #expect(try await client.send(request).status == 200)
        } else {
            let problem = await #expect(throws: Problem.self) { try await client.send(request) }
            #expect(problem?.code == "egress.receiver.unreachable")
        }
        #expect(server.requests == (isRepeatable ? 3 : 2))
        try await server.stop()
    }

    @Test("says that the receiver broke off, and does not send again what may have been received")
    func broken() async throws {
        let server = try await CountingServer(.breaksOff)
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        let request = EgressRequest(url: try EgressURL("http://127.0.0.1:\(server.port)/"), headers: [], body: [], isRepeatable: true)
        let problem = await #expect(throws: Problem.self) { try await client.send(request) }
        #expect(problem?.code == "egress.receiver.unreachable")
        #expect(problem?.why == "It ended the connection in the middle of its answer.")
        #expect(server.requests == 1)
        try await server.stop()
    }

    @Test("takes no longer than the request has")
    func late() async throws {
        let server = try await CountingServer(.never)
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        let request = EgressRequest(
            url: try EgressURL("http://127.0.0.1:\(server.port)/"), headers: [], body: [], limit: .milliseconds(50), isRepeatable: true)
        let problem = await #expect(throws: Problem.self) { try await client.send(request) }
        #expect(problem?.code == "egress.receiver.late")
        try await server.stop()
    }

    @Test("refuses headers that would become others on the way")
    func smuggling() async throws {
        let server = try await CountingServer()
        let client = HTTPEgressClient(allowance: try EgressAllowance("127.0.0.1"))
        let request = EgressRequest(
            url: try EgressURL("http://127.0.0.1:\(server.port)/"), headers: [("X-Note", "a\r\nX-Other: b")], body: [])
        await #expect(throws: Problem.self) { try await client.send(request) }
        #expect(server.requests == 0)
        try await server.stop()
    }
}
