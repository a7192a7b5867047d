// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// How an attempt ended, with what it made.
struct UnitEnd: Sendable {
    enum Outcome: String, Sendable {
        case succeeded, failed, killed, refused, lost, cancelled
        case timedOut = "timed out"
    }

    let unit: StepUnit
    let number: Int
    let outcome: Outcome
    var detail: String?
    var log: LogArchive?
    /// What is handed to the next attempt.
    var checkpoint: StepOutput?
    var outputs: [String: StepOutput] = [:]
    var reports: [KeptReport] = []

    var event: ExecutionEvent {
        switch outcome {
        case .succeeded: .attemptSucceeded(unit, attempt: number)
        case .failed, .killed, .timedOut: .attemptFailed(unit, attempt: number)
        case .refused: .attemptRefused(unit, attempt: number)
        case .lost: .attemptLost(unit, attempt: number)
        case .cancelled: .attemptCancelled(unit, attempt: number)
        }
    }
}
