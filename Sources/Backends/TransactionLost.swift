// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a transaction answers after a statement in it failed outside `attempt`; both engines hold to it, so that tests on one find the mistake.
package enum TransactionLost {
    /// A failure of the store keeps its own words; a caught violation or mistake in SQL is a fault of our code.
    package static func error(after failure: any Error) -> any Error {
        if let problem = failure as? Problem, problem.kind != .internal { return problem }
        return Problem(
            .internal, "database.transaction.lost", "The transaction went on after a statement in it had failed.",
            why: "Only statements inside `attempt` may fail without the whole write failing.")
    }
}
