// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Looking after blobs and keys: collection of what nobody holds, rotation of the key that wraps the others.
package struct StorageMaintenance<Store: CollectableBlobStore>: Sendable {
    package static var shortestGrace: Duration { .seconds(60) }

    private let governor: Governor
    private let store: Store
    private let vault: any KeyVault
    private let rewrap: @Sendable () async throws -> RewrapReport

    package init(governor: Governor, store: Store, vault: any KeyVault, rewrap: @escaping @Sendable () async throws -> RewrapReport) {
        self.governor = governor
        self.store = store
        self.vault = vault
        self.rewrap = rewrap
    }

    /// Deletes blobs that nothing refers to and that were last put longer ago than `grace`; a dry run only reports them.
    ///
    /// The intention stands in the ledger before anything is deleted, the result after.
    package func collect(isDryRun: Bool, grace: Duration, by caller: Caller) async throws -> BlobCollectionReport {
        guard grace >= Self.shortestGrace else {
            throw Problem(
                .invalid, "storage.grace.too-short", "The grace period is shorter than a minute.",
                why: "It covers the time between storing bytes and committing what refers to them.", fix: "Use at least 60 seconds.")
        }
        if !isDryRun {
            _ = try await governor.change(.storageManage, by: caller) { change in
                try change.record("blobs.collecting", on: "storage/blobs", ["graceSeconds": .integer(grace.milliseconds / 1000)])
                return Nothing()
            }
        }
        let collection = BlobGarbageCollection(store: store, database: governor.database, grace: grace, clock: governor.clock)
        try governor.require(.storageManage, of: caller)
        let report = try await collection.collect(isDryRun: isDryRun)
        if !isDryRun {
            var after = caller
            after.idempotency = nil
            _ = try await governor.change(.storageManage, by: after) { change in
                try change.record(
                    "blobs.collected", on: "storage/blobs", ["count": .integer(Int64(report.count)), "bytes": .integer(report.bytes)])
                return Nothing()
            }
        }
        return report
    }

    /// Makes a new key-encryption key and wraps every blob's data key under it; the content of blobs is not touched.
    package func rotateKey(by caller: Caller) async throws -> KeyRotation {
        _ = try await governor.change(.storageManage, by: caller) { change in
            try change.record("key.rotating", on: "storage/key")
            return Nothing()
        }
        let keyID = try await vault.rotate()
        // Puts that began before the rotation may end after a pass.
        var pass = try await rewrap()
        var rewrapped = pass.rewrapped
        while pass.rewrapped > 0 {
            pass = try await rewrap()
            rewrapped += pass.rewrapped
        }
        let rotation = KeyRotation(keyID: keyID, rewrapped: rewrapped, damaged: pass.damaged)
        var after = caller
        after.idempotency = nil
        return try await governor.change(.storageManage, by: after) { change in
            try change.record(
                "key.rotated", on: "storage/key",
                ["key": .string(keyID), "rewrapped": .integer(Int64(rotation.rewrapped)), "damaged": .integer(Int64(rotation.damaged))])
            return rotation
        }
    }
}

/// What a rotation did.
package struct KeyRotation: Codable, Sendable, Equatable {
    package var keyID: String
    package var rewrapped: Int
    /// Blobs whose files do not verify; they keep their old key.
    package var damaged: Int
}
