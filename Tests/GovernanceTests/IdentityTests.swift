// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing

@Suite("Identity")
struct IdentityTests {
    @Test("the first start makes one administrator, and no later start another", arguments: TestDatabase.allCases)
    func bootstrap(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let first = try await world.identity.bootstrap()
            let secret = try #require(first)
            let second = try await world.identity.bootstrap()
            #expect(second == nil)
            let session = try await world.identity.authenticate(secret.text)
            #expect(Permission.allCases.allSatisfy { session.holds($0, in: "any-workspace") })
        }
    }

    @Test("of servers that start for the first time at once, one makes the administrator", arguments: TestDatabase.allCases)
    func bootstrapTogether(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let secrets = try await withThrowingTaskGroup(of: TokenSecret?.self) { group in
                for _ in 0..<8 { group.addTask { try await world.identity.bootstrap() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let secret = try #require(secrets.compactMap { $0 }.first)
            #expect(secrets.count { $0 != nil } == 1)
            let tokens = try await world.identity.tokens(
                by: Caller(session: world.identity.authenticate(secret.text), workspace: "default"))
            #expect(tokens.count == 1)
        }
    }

    @Test("tokens of one note are revoked together, and others stay", arguments: TestDatabase.allCases)
    func notes(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let steps = Principal(name: "steps", kind: .service)
            func token(_ note: String) async throws -> TokenSecret {
                try #require(try await world.identity.createToken(for: steps, note: note, expires: nil, by: World.administrator).1)
            }
            let (first, second, other) = (try await token("one"), try await token("one"), try await token("two"))
            for _ in 0..<2 { try await world.identity.revokeTokens(of: steps, noted: "one", by: World.administrator) }
            await #expect(throws: Problem.self) { try await world.identity.authenticate(first.text) }
            await #expect(throws: Problem.self) { try await world.identity.authenticate(second.text) }
            #expect(try await world.identity.authenticate(other.text).principal == steps)
        }
    }

    @Test("a clock that is set back keeps no session alive: what another server revoked is refused", arguments: TestDatabase.allCases)
    func clockSetBack(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let secret = try await world.person("amina", .viewer)
            _ = try await world.identity.authenticate(secret.text)
            let other = Identity(governor: world.governor)
            _ = try await other.revokeToken(secret.id, by: World.administrator)
            world.clock.move(by: .seconds(-3600))
            await #expect(throws: Problem.self) { try await world.identity.authenticate(secret.text) }
        }
    }

    @Test("a token is refused from the moment it expires or is revoked", arguments: TestDatabase.allCases)
    func expiry(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let (token, made) = try await world.identity.createToken(
                for: Principal(name: "amina", kind: .user), note: "", expires: world.clock.now() + .seconds(60), by: World.administrator)
            let secret = try #require(made)
            _ = try await world.identity.authenticate(secret.text)
            world.clock.move(by: .seconds(60))
            await #expect(throws: Problem.self) { try await world.identity.authenticate(secret.text) }

            let lasting = try await world.person("omar", .viewer)
            _ = try await world.identity.authenticate(lasting.text)
            _ = try await world.identity.revokeToken(lasting.id, by: World.administrator)
            await #expect(throws: Problem.self) { try await world.identity.authenticate(lasting.text) }
            #expect(token.principal.name == "amina")
        }
    }

    @Test("only a digest of a token is stored", arguments: TestDatabase.allCases)
    func digests(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let secret = try await world.person("amina", nil)
            let rows = try await world.governor.database.read { try $0.rows("SELECT digest FROM access_token") }
            let digests: [String] = try rows.map { try $0["digest"] }
            #expect(digests == [secret.digest])
            #expect(!secret.text.contains(digests[0]))
            #expect("\(secret)" == "<redacted>")
        }
    }

    @Test("a role gives its permissions in its own workspace only", arguments: Role.allCases)
    func roles(role: Role) {
        let session = Session(principal: Principal(name: "amina", kind: .user), tokenID: nil, roles: ["default": [role]])
        for permission in Permission.allCases {
            #expect(session.holds(permission, in: "default") == role.permissions.contains(permission))
            #expect(!session.holds(permission, in: "other"))
        }
    }

    @Test("no role but admin may manage identities, and an approver changes nothing but approvals")
    func separation() {
        for role in Role.allCases where role != .admin { #expect(!role.permissions.contains(.identityManage)) }
        #expect(Role.approver.permissions.subtracting(Role.viewer.permissions) == [.approvalDecide])
        #expect(!Role.editor.permissions.contains(.approvalDecide))
    }
}
