// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// What came of an action of the driver.
struct StepReport: Sendable {
    enum Next: Sendable {
        /// `events` and `effect` are to be committed together.
        case commit
        /// Nothing yet: asked again when something has changed.
        case whenChanged
        /// A store or service did not answer: done again later, without costing the step anything.
        case later(Problem)
    }

    var action: ExecutionAction
    var next = Next.commit
    var events: [ExecutionEvent] = []
    var effect: @Sendable (Change, Execution) throws -> Void = { _, _ in }
    /// The attempt that is over once this is committed; its folder and record go then.
    var endedAttempt: String?

    /// The same with more to save in the transaction.
    func adding(_ further: @escaping @Sendable (Change, Execution) throws -> Void) -> StepReport {
        var report = self
        let first = effect
        report.effect = { change, execution in
            try first(change, execution)
            try further(change, execution)
        }
        return report
    }
}

extension Problem {
    /// Says nothing about the step: trying the same again later is right.
    var isPassing: Bool { [.unavailable, .storageFull, .exhausted].contains(kind) }
}
