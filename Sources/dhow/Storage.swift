// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Postgres
import SQLite

/// What an installation keeps, opened by the URLs of its settings.
struct Storage: Sendable {
    let settings: Settings
    let folder: DataFolder
    let database: any Database
    let vault: KeyFileVault
    let blobs: LocalBlobStore
    let clock = SystemWallClock()
    let identifiers: IdentifierSource

    init(settings: Settings) async throws {
        self.settings = settings
        folder = try DataFolder(creating: settings.dataFolder)
        database = try await Self.openDatabase(settings.databaseURL)
        vault = try KeyFileVault(path: folder.keyFile)
        blobs = try await Self.openBlobs(settings.blobsURL, vault: vault)
        identifiers = IdentifierSource(clock: clock)
    }

    static func openDatabase(_ url: String) async throws -> any Database {
        switch url.split(separator: ":", maxSplits: 1).first {
        case "sqlite": return try SQLiteDatabase(path: String(url.dropFirst("sqlite:".count)))
        case "postgres", "postgresql": return try PostgresDatabase(url: url)
        default:
            throw Problem(
                .invalid, "settings.database.unknown", "No database is known for '\(url.printable)'.",
                fix: "Use sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.")
        }
    }

    private static func openBlobs(_ url: String, vault: KeyFileVault) async throws -> LocalBlobStore {
        guard url.hasPrefix("file:") else {
            throw Problem(.invalid, "settings.blobs.unknown", "No blob store is known for '\(url.printable)'.", fix: "Use file:FOLDER.")
        }
        return try await LocalBlobStore(folder: String(url.dropFirst("file:".count)), vault: vault)
    }
}
