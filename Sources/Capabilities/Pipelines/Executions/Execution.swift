// SPDX-License-Identifier: Apache-2.0

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
    package var state: ExecutionState
    package var status: ExecutionStatus
    package var startedBy: Principal
    /// What started it when it was not a person: `trigger/<name>` and the ledger entry.
    package var cause: String?
    package var created: Timestamp
    package var ended: Timestamp?

    package var resource: String { "execution/\(id)" }
}

/// One try of one step, as it is shown.
package struct Attempt: Codable, Sendable, Equatable {
    package var step: String
    package var number: Int
    package var started: Timestamp
    package var ended: Timestamp?
    package var outcome: String?
    package var detail: String?
    package var log: BlobDigest?
}

/// What a step made, and whether an earlier execution made it.
package struct StepResult: Codable, Sendable, Equatable {
    package var step: String
    package var outputs: [String: StepOutput]
    package var key: BlobDigest?
    package var reusedFrom: String?
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
}
