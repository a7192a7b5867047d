// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads how often a step is tried again, and after which pauses.
struct RetryParser {
    let problems: DocumentProblems

    /// `retries: 3`, or a mapping.
    func retries(_ node: DocumentNode, into step: inout StepSpecification) {
        guard node.isMapping else {
            if let count = problems.attempt({ () throws(Problem) in try node.integer(in: 0...StepSpecification.maximumRetries) }) {
                step.retries = count
            }
            return
        }
        guard let fields = node.fields(["count", "firstPause", "factor", "longestPause", "jitter"], problems) else { return }
        let count = fields.required("count", fix: "Add 'count: 3'.", problems)
        problems.attempt { () throws(Problem) in
            if let count { step.retries = try count.integer(in: 0...StepSpecification.maximumRetries) }
        }
        problems.attempt { () throws(Problem) in
            if let factor = fields["factor"] { step.retryPolicy.factor = Int64(try factor.integer(in: 1...100)) }
        }
        problems.attempt { () throws(Problem) in
            if let jitter = fields["jitter"] { step.retryPolicy.jitterPercent = try percent(jitter) }
        }
        problems.attempt { () throws(Problem) in
            if let first = fields["firstPause"] { step.retryPolicy.firstPauseMilliseconds = try first.pauseMilliseconds() }
        }
        problems.attempt { () throws(Problem) in
            guard let longest = fields["longestPause"] else {
                // A long first pause is not to be cut by the default.
                step.retryPolicy.longestPauseMilliseconds = max(
                    step.retryPolicy.longestPauseMilliseconds, step.retryPolicy.firstPauseMilliseconds)
                return
            }
            step.retryPolicy.longestPauseMilliseconds = try longest.pauseMilliseconds()
            guard step.retryPolicy.longestPauseMilliseconds >= step.retryPolicy.firstPauseMilliseconds else {
                throw longest.problem(
                    "retries.malformed", "The longest pause is shorter than the first.", fix: "Make 'longestPause' at least 'firstPause'.")
            }
        }
    }

    /// `preemptions: 10` or `{count: 10}`.
    func preemptions(_ node: DocumentNode, into step: inout StepSpecification) {
        var place: DocumentNode? = node
        if node.isMapping {
            place = node.fields(["count"], problems)?.required("count", fix: "Add 'count: 10'.", problems)
        }
        problems.attempt { () throws(Problem) in
            if let place { step.retryPolicy.maximumLosses = try place.integer(in: 0...StepSpecification.maximumPreemptions) }
        }
    }

    private func percent(_ node: DocumentNode) throws(Problem) -> Int {
        guard let percent = Quantity.percent(try node.scalarText()), percent <= 100 else {
            throw node.wrongType("a part from 0% to 100%", fix: "Write a part such as '20%'.")
        }
        return Int(percent)
    }
}
