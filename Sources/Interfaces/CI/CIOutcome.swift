// SPDX-License-Identifier: Apache-2.0

import API
import Domain

/// How a job ended; the raw value of each is its exit status, which never changes its meaning.
package enum CIOutcome: Int32, Codable, Sendable, CaseIterable {
    case passed = 0
    /// A gate, a person, or a step whose tool reports what it found, said no.
    case gateFailed = 1
    /// The pipeline could not be run, or a step of it broke.
    case couldNotRun = 2
    /// Nothing goes on until a person decides.
    case waitingForApproval = 3
    /// A policy does not allow it, or the caller lacks a permission.
    case refusedByPolicy = 4

    package var word: String {
        switch self {
        case .passed: "passed"
        case .gateFailed: "a gate failed"
        case .couldNotRun: "could not run"
        case .waitingForApproval: "waits for approval"
        case .refusedByPolicy: "refused by policy"
        }
    }

    init(_ problem: Problem) {
        self = [.forbidden, .unauthenticated].contains(problem.kind) ? .refusedByPolicy : .couldNotRun
    }

    /// - Parameter reporting: Steps whose tools reported findings.
    init(_ execution: ExecutionAnswer, reporting: Set<String>) {
        if execution.status == "succeeded" {
            self = .passed
            return
        }
        guard execution.ended != nil else {
            self = execution.status == "waitingForApproval" ? .waitingForApproval : .couldNotRun
            return
        }
        let failed = (execution.steps ?? []).filter { $0.state == "failed" }
        if !failed.isEmpty, failed.allSatisfy({ $0.saidNo || reporting.contains($0.name) }) {
            self = .gateFailed
        } else {
            self = .couldNotRun
        }
    }
}

extension StepAnswer {
    /// A gate or a person refused, as opposed to a step that broke.
    fileprivate var saidNo: Bool { ["gate", "approval"].contains(kind) && attempts.last?.outcome == "refused" }
}
