// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
package import Domain

/// A value that steps get by its name; it is shown to nobody.
package struct Secret: Codable, Sendable, Equatable {
    package var name: String
    /// Who set it last.
    package var author: String
    package var updated: Timestamp
}

/// The use cases of secrets: set by people, read by workers only, sealed by the key vault, never in a specification, a log or the ledger.
package struct Secrets: Sendable {
    package static let maximumSecrets = 1_000
    /// In bytes.
    package static let longestValue = 16 << 10

    private let governor: Governor
    private let vault: any KeyVault

    package init(governor: Governor, vault: any KeyVault) {
        self.governor = governor
        self.vault = vault
    }

    /// Makes the secret or gives it another value.
    package func set(_ name: String, to value: String, by caller: Caller) async throws -> Secret {
        try ResourceName.check(name, of: "secret")
        guard (1...Self.longestValue).contains(value.utf8.count), !value.utf8.contains(0) else {
            throw Problem(
                .invalid, "secret.value.malformed", "Secret '\(name)' cannot have this value.",
                why: "A value is 1 to \(Self.longestValue) bytes of text without NUL.", fix: "Give a shorter text.")
        }
        try governor.require(.secretManage, of: caller)
        let sealed = try await vault.wrap(SymmetricKey(data: Array(value.utf8)), context: Self.context(name, caller.workspace))
        return try await governor.change(.secretManage, by: caller) { change in
            let table = SecretTable(transaction: change.transaction, workspace: change.workspace)
            let isNew = try table.sealed(name) == nil
            guard try !isNew || table.count() < Self.maximumSecrets else {
                throw Problem(
                    .rejected, "secret.tooMany", "The workspace has \(Self.maximumSecrets) secrets, the most there can be.",
                    fix: "Delete one that is not used: dhow secret delete NAME.")
            }
            let secret = Secret(name: name, author: caller.principal.qualifiedName, updated: change.time)
            try table.save(secret, sealed)
            try change.record(isNew ? "secret.created" : "secret.changed", on: "secret/\(name)")
            return secret
        }
    }

    /// Names without values.
    package func list(by caller: Caller) async throws -> [Secret] {
        try await governor.read(.secretRead, by: caller) {
            try SecretTable(transaction: $0, workspace: caller.workspace).all(limit: Self.maximumSecrets)
        }
    }

    package func delete(_ name: String, by caller: Caller) async throws {
        _ = try await governor.change(.secretManage, by: caller) { change in
            guard try SecretTable(transaction: change.transaction, workspace: change.workspace).delete(name) else {
                throw Self.unknown(name)
            }
            try change.record("secret.deleted", on: "secret/\(name)")
            return Nothing()
        }
    }

    /// For workers alone: no route leads here.
    ///
    /// - Throws: `Problem` `.notFound`.
    package func value(of name: String, in workspace: String) async throws -> String {
        let sealed = try await governor.database.read { try SecretTable(transaction: $0, workspace: workspace).sealed(name) }
        guard let sealed else { throw Self.unknown(name) }
        let key = try await vault.unwrap(sealed, context: Self.context(name, workspace))
        return key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static func context(_ name: String, _ workspace: String) -> [UInt8] { Array("secret/\(workspace)/\(name)".utf8) }

    private static func unknown(_ name: String) -> Problem {
        Problem(
            .notFound, "secret.unknown", "There is no secret '\(name.printable)'.", fix: "Set it: dhow secret set \(name.printable).")
    }
}
