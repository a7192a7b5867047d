// SPDX-License-Identifier: Apache-2.0

import Backends
import Governance
import Logging
import ServiceLifecycle

/// Sequences and signs the ledger while the server runs, and once more when it stops.
struct LedgerKeeping: Service {
    private let loop: LedgerService
    private let signer: LedgerSigner

    init(storage: Storage, governor: Governor, logger: Logger) async throws {
        signer = try await storage.ledgerSigner()
        loop = LedgerService(sequencer: LedgerSequencer(database: storage.database), signer: signer) { error in
            logger.error("the ledger is not being sequenced or signed", metadata: ["error": .string("\(error)")])
        }
        let loop = loop
        governor.onCommit { loop.wake() }
    }

    /// The public key that checkpoints are signed with.
    var key: String { signer.verifier.description }

    /// Refuses a database that is behind the checkpoint kept outside it: someone restored an older one.
    func checkAgainstCheckpointFile() async throws {
        _ = try await signer.verifyAgainstFile()
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await loop.run()
        } onGracefulShutdown: {
            loop.stop()
        }
    }
}

extension Storage {
    func ledgerSigner() async throws -> LedgerSigner {
        try await LedgerSigner(
            database: database, vault: vault, origin: settings.instance, file: CheckpointFile(path: folder.checkpointFile), clock: clock)
    }
}
