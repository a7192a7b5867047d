// SPDX-License-Identifier: Apache-2.0

/// Runs one attempt of a step somewhere. Implementation: `ProcessStepRunner`.
///
/// The runner outlives no one: what it started can be adopted again by attempt id after a restart of the server.
package protocol StepRunner: Sendable {
    /// Starts the attempt; submitting the same attempt id again is the same attempt.
    func submit(_ attempt: AttemptSpecification) async throws

    /// What is known of the attempt now; `.lost` when it was submitted here and nothing of it remains.
    func state(of attemptID: String) async throws -> AttemptState

    /// Returns when the attempt has ended (or is lost); adopts attempts started before a restart.
    func wait(for attemptID: String) async throws -> AttemptState

    /// How an ended attempt came to its end and what it used; nil while it runs, and when it is lost or unknown.
    func end(of attemptID: String) async throws -> AttemptEnd?

    /// Up to `limit` bytes of the attempt's merged standard output and error from `offset`.
    func log(of attemptID: String, from offset: Int64, limit: Int) async throws -> [UInt8]

    /// Returns when the log has bytes at `offset`, or the attempt is over; never more than ten times a second for a log that grows.
    func waitForLog(of attemptID: String, beyond offset: Int64) async throws

    /// SIGTERM to the whole process group, `grace` later SIGKILL. Cancelling an ended attempt is no error.
    func cancel(_ attemptID: String, grace: Duration) async throws

    /// Removes what the runner kept of an ended attempt (not its working folder).
    func forget(_ attemptID: String) async throws
}

package enum AttemptState: Sendable, Codable, Equatable {
    case unknown
    case running
    case succeeded
    case failed(exitCode: Int)
    case killed(signal: Int)
    case timedOut
    case cancelled
    case lost
}

extension StepRunner {
    /// The attempt's log from `offset`, piece by piece as it is written, until the attempt is over.
    package func follow(_ attemptID: String, from offset: Int64 = 0) -> FollowedLog {
        FollowedLog(runner: self, attemptID: attemptID, offset: offset)
    }
}
