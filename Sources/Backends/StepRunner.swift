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

    /// Up to `limit` bytes of the attempt's merged standard output and error from `offset`.
    func log(of attemptID: String, from offset: Int64, limit: Int) async throws -> [UInt8]

    /// SIGTERM to the whole process group, `grace` later SIGKILL. Cancelling an ended attempt is no error.
    func cancel(_ attemptID: String, grace: Duration) async throws

    /// Removes what the runner kept of an ended attempt (not its working folder).
    func forget(_ attemptID: String) async throws
}

package struct AttemptSpecification: Sendable, Codable, Equatable {
    package var attemptID: String
    /// The program and its arguments; the program is looked up in the PATH of `environment`.
    package var command: [String]
    /// The whole environment of the child, nothing is inherited.
    package var environment: [String: String]
    /// An existing folder, absolute.
    package var workingFolder: String
    /// Wall-clock limit; nil for none.
    package var timeoutSeconds: Int?
    /// Address-space limit per process in bytes; nil for none.
    package var memoryBytes: Int64?

    package init(
        attemptID: String, command: [String], environment: [String: String], workingFolder: String, timeoutSeconds: Int? = nil,
        memoryBytes: Int64? = nil
    ) {
        self.attemptID = attemptID
        self.command = command
        self.environment = environment
        self.workingFolder = workingFolder
        self.timeoutSeconds = timeoutSeconds
        self.memoryBytes = memoryBytes
    }
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
