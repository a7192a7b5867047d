// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// Does the work of one of the engine's own step kinds: registering, judging, asking a person, releasing.
///
/// Called again after a restart with the same attempt id; doing it twice must be the same as once.
package protocol StepHandler: Sendable {
    func perform(_ work: HandledStep) async throws -> HandledOutcome

    /// The step is cancelled while it waits; what it has begun elsewhere is to end too.
    func cancel(_ work: HandledStep) async throws
}

extension StepHandler {
    package func cancel(_ work: HandledStep) async throws {}
}

/// One attempt of a handled step with its references resolved.
package struct HandledStep: Sendable {
    package var execution: Execution
    package var step: String
    /// Stable for the attempt; fit as an idempotency key.
    package var attemptID: String
    package var with: ResolvedBinding
    /// Acts in the name of who started the execution.
    package var caller: Caller
    /// The commit of the pipeline's code, when it was applied with one.
    package var codeCommit: String?
    /// Ids of the snapshots among the execution's parameters.
    package var snapshots: [String]
}

package enum HandledOutcome: Sendable {
    case done([String: StepOutput])
    /// Someone or something said no; it is not tried again.
    case refused(Problem)
    /// Nothing to do until something changes; asked again then.
    case waiting
}

/// A binding with every reference replaced by what it refers to.
package indirect enum ResolvedBinding: Sendable, Equatable {
    case value(JSONValue)
    case output(StepOutput)
    /// A snapshot's id; its files by name.
    case snapshot(id: String, files: [String: BlobDigest])
    /// A model version and its files by path.
    case model(name: String, version: Int, files: [String: BlobDigest])
    /// An optional reference to something that does not exist.
    case absent
    case mapping([String: ResolvedBinding])
    case list([ResolvedBinding])

    package subscript(name: String) -> ResolvedBinding? {
        if case .mapping(let members) = self { members[name] } else { nil }
    }

    /// A plain value, also when a step left it.
    package var value: JSONValue? {
        switch self {
        case .value(let value), .output(.value(let value)): value
        case .mapping(let members): .object(members.compactMapValues(\.value))
        case .list(let elements): .array(elements.compactMap(\.value))
        default: nil
        }
    }
}
