// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation

/// The engines a test runs on: `@Test("…", arguments: TestDatabase.allCases)`.
///
/// Postgres is the server that `DHOW_TEST_POSTGRES` names. Without the variable its cases fail; `DHOW_TEST_POSTGRES=off` leaves them out.
package enum TestDatabase: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqlite, postgres

    package static let allCases: [TestDatabase] = {
        guard serverURL == "off" else { return [.sqlite, .postgres] }
        FileHandle.standardError.write(Data("\n*** DHOW_TEST_POSTGRES=off: nothing is tested on Postgres ***\n\n".utf8))
        return [.sqlite]
    }()

    package var description: String { rawValue }

    /// Gives `body` a fresh database with these migrations applied; closes and removes it afterwards.
    package func withDatabase<Result>(
        _ migrations: [MigrationList] = [], _ body: (any Database) async throws -> Result
    ) async throws -> Result {
        try await withPlace { place in
            let database = try place.open()
            do {
                try await Migrator(migrations).migrate(database)
                let result = try await body(database)
                await database.close()
                return result
            } catch {
                await database.close()
                throw error
            }
        }
    }

    /// Gives `body` a fresh place, which it may open several times; removes it afterwards.
    package func withPlace<Result>(_ body: (TestDatabasePlace) async throws -> Result) async throws -> Result {
        let place = try await makePlace()
        do {
            let result = try await body(place)
            try await place.remove()
            return result
        } catch {
            try? await place.remove()
            throw error
        }
    }

    private func makePlace() async throws -> TestDatabasePlace {
        switch self {
        case .sqlite:
            return try .temporaryFile()
        case .postgres:
            guard let url = Self.serverURL else {
                throw Problem(
                    .unavailable, "test.postgres.missing", "This test needs a Postgres server.", why: "DHOW_TEST_POSTGRES is not set.",
                    fix: "Run `make test`, which starts one, or set DHOW_TEST_POSTGRES to its URL, or to 'off' to leave Postgres out.")
            }
            return try await .freshSchema(on: url)
        }
    }

    private static let serverURL = ProcessInfo.processInfo.environment["DHOW_TEST_POSTGRES"]
}
