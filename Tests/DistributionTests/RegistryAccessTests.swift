// SPDX-License-Identifier: Apache-2.0

import Distribution
import Domain
import Synchronization
import Testing

@Suite("Being let into a registry")
struct RegistryAccessTests {
    @Test("reads what a registry offers, several ways in one header too")
    func challenges() {
        #expect(
            RegistryChallenge.parse(
                "Bearer realm=\"https://a/token?x=1,2\",service=\"r \\\"s\\\"\", scope=repository:a:pull , Basic realm=\"b\"") == [
                    RegistryChallenge(
                        scheme: "bearer",
                        parameters: ["realm": "https://a/token?x=1,2", "service": "r \"s\"", "scope": "repository:a:pull"]),
                    RegistryChallenge(scheme: "basic", parameters: ["realm": "b"]),
                ])
        #expect(RegistryChallenge.parse("") == [])
        #expect(RegistryChallenge.parse("Negotiate") == [RegistryChallenge(scheme: "negotiate", parameters: [:])])
        #expect(RegistryChallenge.parse("Basic realm=\"open").count == 1)
    }

    @Test("reads Docker's file, and keeps each credential for its own registry")
    func credentials() throws {
        let credentials = try RegistryCredentials(
            """
            {"auths": {"https://index.docker.io/v1/": {"auth": "YW1pbmE6YTpi"}, "127.0.0.1:5000": {"username": "u", "password": "p"},
             "t.example.org": {"registrytoken": "abc"}, "none.example.org": {}}, "credsStore": "desktop"}
            """)
        #expect(credentials.credential(for: "docker.io") == .password(user: "amina", "a:b"))
        #expect(credentials.credential(for: "127.0.0.1:5000") == .password(user: "u", "p"))
        #expect(credentials.credential(for: "T.example.org") == .token("abc"))
        #expect(credentials.credential(for: "127.0.0.1:5001") == nil)
        #expect(credentials.credential(for: "none.example.org") == nil)
        #expect("\(try #require(credentials.credential(for: "docker.io")))" == "<redacted>")
    }

    @Test(
        "refuses other texts without repeating them",
        arguments: ["amina:secretword", "{}", "{\"auths\": {\"h\": {\"auth\": \"secretword\"}}}"])
    func malformed(text: String) {
        let problem = #expect(throws: Problem.self) { try RegistryCredentials(text) }
        #expect(problem?.description.contains("secretword") == false)
    }

    @Test("shows a password when the registry asks for one, and says so when it has none")
    func basic() async throws {
        let hand = HandRegistry()
        (hand.challenge, hand.admits) = ("Basic realm=\"r\"", "Basic dTpw")
        let registry = try OCIRegistry.testing(hand, credential: .password(user: "u", "p"))
        #expect(try await registry.upload(Array("a".utf8), OCIDocument(Array("a".utf8)).digest))
        #expect(hand.requests.count == 4)
        let stranger = try OCIRegistry.testing(hand)
        let problem = await #expect(throws: Problem.self) { try await stranger.upload([], OCIDocument([]).digest) }
        #expect(problem?.code == "oci.registry.unauthorized")
    }

    @Test("gets a token where the registry sends for one, for this repository only")
    func bearer() async throws {
        let hand = HandRegistry()
        (hand.challenge, hand.admits) = ("Bearer realm=\"https://tokens.example.org/t?a=b\",service=\"s t\"", "Bearer abc")
        hand.tokens = ["tokens.example.org": "abc"]
        let registry = try OCIRegistry.testing(hand, credential: .password(user: "u", "p"), .pull)
        #expect(try await registry.findManifest("1") == nil)
        #expect(try await registry.findManifest("2") == nil)
        #expect(
            hand.state.withLock { $0.authorizations } == [
                "/t?a=b&scope=repository:models/churn:pull&service=s%20t Basic dTpw"
            ])
    }

    @Test("asks no server of tokens without TLS for a registry that has it")
    func plainRealm() async throws {
        let hand = HandRegistry()
        hand.challenge = "Bearer realm=\"http://tokens.example.org/t\""
        let registry = try OCIRegistry.testing(hand, "oci://registry.example.org/x", credential: .password(user: "u", "p"))
        #expect(await #expect(throws: Problem.self) { try await registry.findManifest("1") }?.code == "oci.registry.broken")
        #expect(hand.state.withLock { $0.authorizations } == [])
    }
}
