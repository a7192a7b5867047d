// SPDX-License-Identifier: Apache-2.0

package import Backends
import Foundation
import Postgres
import SQLite

/// Where a test's database is: a file in a folder of its own, or a schema of its own on the Postgres server.
package struct TestDatabasePlace: Sendable {
    private enum Location {
        case file(folder: URL)
        case schema(name: String, server: String)
    }

    private let location: Location

    /// The file; nil on Postgres.
    package var path: String? {
        guard case .file(let folder) = location else { return nil }
        return Self.path(in: folder)
    }

    /// The URL that leads to the schema; nil on SQLite.
    package var url: String? {
        guard case .schema(let name, let server) = location else { return nil }
        return Self.url(of: name, on: server)
    }

    /// Opens the same database once more.
    package func open() throws -> any Database {
        switch location {
        case .file(let folder): try SQLiteDatabase(path: Self.path(in: folder))
        case .schema(let name, let server): try PostgresDatabase(url: Self.url(of: name, on: server), connections: 8)
        }
    }

    static func temporaryFile() throws -> TestDatabasePlace {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return TestDatabasePlace(location: .file(folder: folder))
    }

    static func freshSchema(on server: String) async throws -> TestDatabasePlace {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try await run("CREATE SCHEMA \(name)", on: server)
        return TestDatabasePlace(location: .schema(name: name, server: server))
    }

    func remove() async throws {
        switch location {
        case .file(let folder): try FileManager.default.removeItem(at: folder)
        case .schema(let name, let server): try await Self.run("DROP SCHEMA \(name) CASCADE", on: server)
        }
    }

    private static func path(in folder: URL) -> String {
        folder.appending(path: "test.sqlite").path
    }

    private static func url(of schema: String, on server: String) -> String {
        server + (server.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
    }

    private static func run(_ sql: String, on server: String) async throws {
        let database = try PostgresDatabase(url: server, connections: 1)
        do {
            try await database.write { transaction in _ = try transaction.execute(sql) }
            await database.close()
        } catch {
            await database.close()
            throw error
        }
    }
}
