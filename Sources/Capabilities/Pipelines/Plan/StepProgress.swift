// SPDX-License-Identifier: Apache-2.0

/// What of an execution is run: a step, or one element's run of a step with `forEach`.
package struct StepUnit: Sendable, Codable, Hashable {
    package var step: String
    /// Which element of the list, from 0; nil for the step itself.
    package var item: Int?

    package init(_ step: String, item: Int? = nil) {
        self.step = step
        self.item = item
    }
}

extension StepUnit: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(value) }

    /// `train`, or `train[3]` for an element's run; names have no brackets, so it can be read back.
    package var description: String { item.map { "\(step)[\($0)]" } ?? step }

    /// Reads a description.
    package init(reading description: String) {
        guard description.hasSuffix("]"), let bracket = description.lastIndex(of: "["),
            let item = Int(description[description.index(after: bracket)...].dropLast())
        else {
            self.init(description)
            return
        }
        self.init(String(description[..<bracket]), item: item)
    }
}

/// Where one unit of an execution is.
package struct StepProgress: Sendable, Codable, Equatable {
    package internal(set) var state = StepState.waiting
    /// Attempts so far; they are numbered from 1.
    package internal(set) var attempts = 0
    package internal(set) var failures = 0
    package internal(set) var losses = 0
    /// What is to be answered before the first attempt, in this order.
    package internal(set) var questions: Questions

    package struct Questions: OptionSet, Sendable, Codable, Hashable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Whether its condition holds.
        package static let condition = Questions(rawValue: 1)
        /// How many elements its list has.
        package static let items = Questions(rawValue: 2)
        /// Whether an earlier success stands for it.
        package static let cache = Questions(rawValue: 4)
    }

    package init(questions: Questions = []) {
        self.questions = questions
    }

    package init(state: StepState, attempts: Int, failures: Int, losses: Int, questions: Questions) {
        (self.state, self.attempts, self.failures, self.losses, self.questions) = (state, attempts, failures, losses, questions)
    }

    /// There is nothing to remember of it: it would be found the same again.
    var isFresh: Bool { (state == .ready || state == .waiting) && attempts == 0 }

    package var nextAttempt: Int { attempts + 1 }
}

package enum StepState: Sendable, Codable, Hashable {
    /// For a step it needs, or, as an element's run, for its turn.
    case waiting
    /// To be asked about, to start, or to start again after a pause.
    case ready
    case running(attempt: Int)
    /// Its elements' runs go on.
    case expanded
    case succeeded
    /// An earlier success with the same key stands for it.
    case reused
    /// Its condition did not hold, or what it would use was omitted.
    case omitted
    case failed
    /// A step it needs did not succeed.
    case skipped
    case cancelled

    package var isFinal: Bool {
        switch self {
        case .waiting, .ready, .running, .expanded: false
        case .succeeded, .reused, .omitted, .failed, .skipped, .cancelled: true
        }
    }

    /// As it is shown, stored and named in expressions.
    package var word: String {
        switch self {
        case .waiting: "waiting"
        case .ready: "ready"
        case .running, .expanded: "running"
        case .succeeded: "succeeded"
        case .reused: "reused"
        case .omitted: "omitted"
        case .failed: "failed"
        case .skipped: "skipped"
        case .cancelled: "cancelled"
        }
    }
}

package enum ExecutionStatus: String, Sendable, Codable, CaseIterable {
    /// For its turn, by the pipeline's concurrency rule.
    case queued
    case running
    /// Nothing is started until someone resumes it.
    case paused
    /// Nothing goes on but approvals that people have not given.
    case waitingForApproval
    case succeeded, failed, cancelled
}

/// What happened to an execution; a unit's attempts are numbered from 1.
package enum ExecutionEvent: Sendable, Codable, Hashable {
    case cancelRequested
    case pauseRequested
    case resumeRequested
    /// The execution's own time limit has passed.
    case timedOut
    case conditionAnswered(step: String, holds: Bool)
    case expanded(step: String, count: Int)
    /// Its condition, its list or its references cannot be evaluated: it fails without an attempt.
    case questionFailed(StepUnit)
    case cacheHit(StepUnit)
    case cacheMissed(StepUnit)
    case attemptStarted(StepUnit, attempt: Int)
    case attemptSucceeded(StepUnit, attempt: Int)
    /// May be tried again, within the step's `retries`.
    case attemptFailed(StepUnit, attempt: Int)
    /// A gate, policy or person said no: trying again would be asking until the answer suits.
    case attemptRefused(StepUnit, attempt: Int)
    /// Its machine or supervisor is gone, or was taken away; tried again within the policy's own bound.
    case attemptLost(StepUnit, attempt: Int)
    case attemptCancelled(StepUnit, attempt: Int)
}

/// What an engine is to do now.
package enum ExecutionAction: Sendable, Codable, Hashable {
    /// Answer with `conditionAnswered` or `questionFailed`.
    case decide(step: String)
    /// Answer with `expanded` or `questionFailed`.
    case expand(step: String)
    /// Answer with `cacheHit`, `cacheMissed` or `questionFailed`.
    case resolveCache(StepUnit)
    /// Submit the attempt, a pause after the unit became ready that follows `unsuccessful` earlier attempts; answer with `attemptStarted`.
    case start(StepUnit, attempt: Int, unsuccessful: Int)
    /// Wait for the attempt and report its end.
    case watch(StepUnit, attempt: Int)
    /// Cancel the attempt and report its end.
    case stop(StepUnit, attempt: Int)
    /// The execution is over.
    case finish(ExecutionStatus)
}
