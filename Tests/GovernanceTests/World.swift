// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Synchronization
import TestSupport

/// A governor over a fresh database, with a clock moved by hand.
struct World: Sendable {
    let governor: Governor
    let identity: Identity
    let clock: HandClock

    static func with(_ engine: TestDatabase, _ body: (World) async throws -> Void) async throws {
        try await engine.withDatabase([GovernanceMigrations.list, LedgerMigrations.list]) { database in
            let clock = HandClock()
            let governor = Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock))
            try await body(World(governor: governor, identity: Identity(governor: governor), clock: clock))
        }
    }

    static let administrator = Caller(
        session: Session(principal: Principal(name: "root", kind: .system), tokenID: nil, roles: [:]), workspace: "default")

    /// A caller as a request with this token would have.
    func caller(_ token: TokenSecret, in workspace: String = "default") async throws -> Caller {
        Caller(session: try await identity.authenticate(token.text), workspace: workspace)
    }

    /// A new person with a role in `default`, and the person's token.
    func person(_ name: String, _ role: Role?) async throws -> TokenSecret {
        let (_, secret) = try await identity.createToken(
            for: Principal(name: name, kind: .user), note: "", expires: nil, by: Self.administrator)
        if let role { _ = try await identity.bind(Binding(principal: name, workspace: "default", role: role), by: Self.administrator) }
        guard let secret else { throw Problem(.internal, "test.secret.absent", "A new token has a secret.") }
        return secret
    }

    /// Verbs of the ledger in order of their ids.
    func verbs() async throws -> [String] {
        try await governor.database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func move(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
