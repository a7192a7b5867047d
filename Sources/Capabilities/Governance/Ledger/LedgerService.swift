// SPDX-License-Identifier: Apache-2.0

import Backends
import Synchronization

/// The loop that sequences entries as they are committed and signs checkpoints, at most one a second.
///
/// Any number of processes may run one over the same database.
package final class LedgerService: Sendable {
    /// How often entries of other processes are looked for; those of this process come with `wake`.
    package static let interval = Duration.milliseconds(200)
    private static let ticksPerSignature = 5

    private let sequencer: LedgerSequencer
    private let signer: LedgerSigner
    private let clock: any Clock<Duration>
    private let report: @Sendable (any Error) -> Void
    private let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let ticksSinceSignature = Mutex(LedgerService.ticksPerSignature)

    /// - Parameter report: Receives what a pass failed with; the next pass tries again. A `Problem` `ledger.checkpoint.…` needs a person.
    package init(
        sequencer: LedgerSequencer, signer: LedgerSigner, clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (any Error) -> Void
    ) {
        self.sequencer = sequencer
        self.signer = signer
        self.clock = clock
        self.report = report
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that something was committed; returns at once, and many calls are one.
    package func wake() {
        continuation.yield()
    }

    /// Ends `run` after one last pass and checkpoint.
    package func stop() {
        continuation.finish()
    }

    /// Runs until `stop` or until its task is cancelled; sequences and signs what is left before it returns. Call it once.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    do { try await clock.sleep(for: Self.interval) } catch { return }
                    ticksSinceSignature.withLock { $0 = min($0 + 1, Self.ticksPerSignature) }
                    wake()
                }
            }
            for await _ in wakes { await pass() }
            group.cancelAll()
        }
        ticksSinceSignature.withLock { $0 = Self.ticksPerSignature }
        await pass()
    }

    /// Sequences, and signs when a second has passed since the last signature.
    private func pass() async {
        do {
            try await sequencer.sequence()
            guard ticksSinceSignature.withLock({ $0 >= Self.ticksPerSignature }) else { return }
            if try await signer.sign() != nil { ticksSinceSignature.withLock { $0 = 0 } }
        } catch {
            report(error)
        }
    }
}
