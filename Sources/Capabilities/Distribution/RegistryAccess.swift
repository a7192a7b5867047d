// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Governance

/// Makes the client of a registry for a caller: with credentials out of a secret of the workspace, and what else was asked for.
package struct RegistryAccess: Sendable {
    private static let patience = 1...3_600

    let exchange: any EgressExchange
    /// The value of a workspace's secret.
    let secret: @Sendable (_ name: String, _ workspace: String) async throws -> String

    package init(
        exchange: any EgressExchange, secret: @escaping @Sendable (_ name: String, _ workspace: String) async throws -> String
    ) {
        self.exchange = exchange
        self.secret = secret
    }

    /// How a registry is spoken to.
    package struct Choice: Sendable {
        /// Names a secret that holds a Docker `config.json`.
        package var secret: String?
        /// HTTP without TLS, also to another machine.
        package var isPlain: Bool
        /// Seconds without a byte after which a registry counts as gone.
        package var patience: Int?

        package init(secret: String? = nil, isPlain: Bool = false, patience: Int? = nil) {
            self.secret = secret
            self.isPlain = isPlain
            self.patience = patience
        }
    }

    func registry(
        _ reference: OCIReference, _ access: OCIRegistry.Access, _ choice: Choice, by caller: Caller
    ) async throws -> OCIRegistry {
        var settings = OCIRegistry.Settings()
        settings.isPlain = choice.isPlain
        if let patience = choice.patience {
            guard Self.patience.contains(patience) else {
                throw Problem(
                    .invalid, "oci.patience.range", "\(patience) seconds are no patience.",
                    fix: "Use \(Self.patience.lowerBound) to \(Self.patience.upperBound).")
            }
            settings.patience = .seconds(patience)
        }
        var credential: RegistryCredential?
        if let name = choice.secret {
            let credentials = try RegistryCredentials(try await secret(name, caller.workspace))
            credential = credentials.credential(for: reference.authority)
            guard credential != nil else {
                throw Problem(
                    .invalid, "oci.credentials.absent", "Secret '\(name.printable)' holds nothing for \(reference.authority).",
                    why: "It is for: \(credentials.authorities.joined(separator: ", ").printable).",
                    fix: "Add the registry, with its port, to the secret's 'auths'.")
            }
        }
        return OCIRegistry(reference, access, exchange: exchange, credential: credential, settings: settings)
    }
}

/// How far a push or pull has come.
package struct TransferProgress: Codable, Sendable, Equatable {
    /// The file that is under way.
    package var file: String
    /// Bytes of all files that are there.
    package var done: Int64
    package var total: Int64

    package init(file: String, done: Int64, total: Int64) {
        self.file = file
        self.done = done
        self.total = total
    }
}
