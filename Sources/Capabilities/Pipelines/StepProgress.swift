// SPDX-License-Identifier: Apache-2.0

/// Where one step of an execution is.
package struct StepProgress: Sendable, Codable, Equatable {
    package let name: String
    package let kind: StepSpecification.Kind
    package let retries: Int
    package internal(set) var state: StepState
    /// Attempts so far; they are numbered from 1.
    package internal(set) var attempts = 0
    package internal(set) var failures = 0
    package internal(set) var losses = 0
    /// The cache is to be asked before the first attempt.
    package internal(set) var wantsCache: Bool
    var unmetNeeds: Int

    init(_ node: ExecutionPlan.Node) {
        name = node.step.name
        kind = node.step.kind
        retries = node.step.retries
        wantsCache = node.step.isCacheable
        unmetNeeds = node.needs.count
        state = node.needs.isEmpty ? .ready : .waiting
    }

    package var nextAttempt: Int { attempts + 1 }
}

package enum StepState: Sendable, Codable, Hashable {
    /// For a step it needs.
    case waiting
    /// To ask the cache, to start, or to start again after a pause.
    case ready
    case running(attempt: Int)
    case succeeded
    /// An earlier success with the same key stands for it.
    case reused
    case failed
    /// A step it needs did not succeed.
    case skipped
    case cancelled

    package var isFinal: Bool {
        switch self {
        case .waiting, .ready, .running: false
        case .succeeded, .reused, .failed, .skipped, .cancelled: true
        }
    }
}

package enum ExecutionStatus: String, Sendable, Codable, CaseIterable {
    case running
    /// Nothing goes on but approvals that people have not given.
    case waitingForApproval
    case succeeded, failed, cancelled
}

/// What happened to an execution; a step's attempts are numbered from 1.
package enum ExecutionEvent: Sendable, Codable, Hashable {
    case cancelRequested
    case cacheHit(step: String)
    case cacheMissed(step: String)
    case attemptStarted(step: String, attempt: Int)
    case attemptSucceeded(step: String, attempt: Int)
    /// May be tried again, within the step's `retries`.
    case attemptFailed(step: String, attempt: Int)
    /// A gate, policy or person said no: trying again would be asking until the answer suits.
    case attemptRefused(step: String, attempt: Int)
    /// Its machine or supervisor is gone; tried again within the policy's own bound.
    case attemptLost(step: String, attempt: Int)
    case attemptCancelled(step: String, attempt: Int)
}

/// What an engine is to do now.
package enum ExecutionAction: Sendable, Codable, Hashable {
    /// Answer with `cacheHit` or `cacheMissed`.
    case resolveCache(step: String)
    /// Submit the attempt, `afterMilliseconds` after the step became ready; answer with `attemptStarted`.
    case start(step: String, attempt: Int, afterMilliseconds: Int64)
    /// Wait for the attempt and report its end.
    case watch(step: String, attempt: Int)
    /// Cancel the attempt and report its end.
    case stop(step: String, attempt: Int)
    /// The execution is over.
    case finish(ExecutionStatus)
}
