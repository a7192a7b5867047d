// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// One passage through a version of a pipeline.
package struct Execution: Codable, Sendable {
    package var id: String
    package var workspace: String
    package var pipeline: String
    package var pipelineVersion: Int
    /// With snapshot references resolved to ids when the execution was started.
    package var parameters: [String: JSONValue]
    package var status: ExecutionStatus
    package var flags: ExecutionFlags
    /// What people asked for; its driver takes it up.
    package var wantsCancel = false
    package var wantsPause = false
    package var startedBy: Principal
    /// What started it when it was not a person: `trigger/<name>` and the ledger entry.
    package var cause: String?
    /// The execution whose successes stand for the same steps of this one.
    package var resumes: String?
    /// The attempt of a step of kind pipeline that started it.
    package var calledBy: String?
    /// How many calls it is below an execution that nobody called.
    package var depth = 0
    package var created: Timestamp
    /// When it is to have ended; nil while its time stands still, or when it has no time limit.
    package var deadline: Timestamp?
    /// Milliseconds that are left when its time begins to run, or runs again.
    package var timeLeft: Int64?
    package var ended: Timestamp?

    package var resource: String { "execution/\(id)" }
}

/// What its driver has taken up.
package struct ExecutionFlags: OptionSet, Codable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let cancelling = ExecutionFlags(rawValue: 1)
    package static let paused = ExecutionFlags(rawValue: 2)
    package static let timedOut = ExecutionFlags(rawValue: 4)
}

/// One try of one unit, as it is shown.
package struct Attempt: Codable, Sendable, Equatable {
    package var unit: StepUnit
    package var number: Int
    /// Whose runner has it.
    package var worker: String?
    /// The key its files were laid out for: what an alias means may have changed when it ends.
    package var key: BlobDigest?
    package var started: Timestamp
    package var ended: Timestamp?
    package var outcome: String?
    package var detail: String?
    package var log: LogArchive?
    /// What it left for the next attempt.
    package var checkpoint: StepOutput?
}

/// What a unit made, and whether an earlier execution made it.
package struct StepResult: Codable, Sendable, Equatable {
    package var unit: StepUnit
    package var outputs: [String: StepOutput]
    package var key: BlobDigest?
    package var reusedFrom: String?
}

/// An execution with everything that is known of it.
package struct ExecutionReport: Sendable {
    package var execution: Execution
    package var version: PipelineVersion
    package var kinds: [String: StepSpecification.Kind]
    package var state: ExecutionState
    package var attempts: [Attempt]
    package var results: [StepResult]
}

/// Thrown when someone else drives the execution now.
package struct LeaseLost: Error, Sendable {
    package var execution: String
}

/// A right to drive one execution, valid while no later fence has been given out.
package struct ExecutionLease: Sendable, Hashable {
    package static let duration = Duration.seconds(30)

    package var execution: String
    package var workspace: String
    package var owner: String
    package var fence: Int64
}

extension ExecutionLease {
    /// How long one renewal is left alone.
    static let renewal = Duration.seconds(10)

    var controller: Caller { .controller("worker", in: workspace) }
}
