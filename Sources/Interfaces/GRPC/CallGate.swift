// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import GRPCCore
import Governance
package import HTTPServer

/// What every call passes: who asks, how long it may take, its place in the metrics, and its refusals in gRPC's words.
package struct CallGate: Sendable {
    private let access: AccessGate
    private let deadlines: RequestDeadlines
    private let metrics: ServerMetrics
    private let identifiers: IdentifierSource
    private let clock = ContinuousClock()

    package init(access: AccessGate, deadlines: RequestDeadlines, metrics: ServerMetrics, identifiers: IdentifierSource) {
        self.access = access
        self.deadlines = deadlines
        self.metrics = metrics
        self.identifiers = identifiers
    }

    /// The token comes in the metadata `authorization`, the workspace in `dhow-workspace`.
    func admit(_ metadata: Metadata, for permission: Permission) async throws -> Caller {
        try await access.admit(
            authorization: Self.text("authorization", in: metadata), workspace: Self.text("dhow-workspace", in: metadata),
            requestID: identifiers.next(), for: permission)
    }

    /// Runs one answer within the usual time; of a stream, each answer by itself.
    ///
    /// - Throws: Only `RPCError`.
    func answer<Answer: Sendable>(
        _ method: String, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let start = clock.now
        do {
            let answer = try await deadlines.limit(to: Route.usualTimeLimit, body)
            count(method, "ok", since: start)
            return answer
        } catch {
            let refusal = RPCError(refusing: error)
            count(method, refusal.code.description, since: start)
            throw refusal
        }
    }

    private func count(_ method: String, _ code: String, since start: ContinuousClock.Instant) {
        let parts = (clock.now - start).components
        metrics.count("dhow_grpc_requests_total", [("code", code), ("method", method)])
        metrics.observe(
            "dhow_grpc_request_seconds", [("method", method)], seconds: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }

    static func text(_ key: String, in metadata: Metadata) -> String? {
        metadata[stringValues: key].first { _ in true }
    }
}

extension RPCError {
    /// A problem in gRPC's words; its own code goes into the metadata `dhow-problem`.
    init(refusing error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let problem as Problem:
            self.init(code: Self.code(of: problem.kind), message: problem.description, metadata: ["dhow-problem": "\(problem.code)"])
        case is CancellationError: self.init(code: .cancelled, message: "The call was cancelled.")
        default: self.init(code: .internalError, message: "The server failed.")
        }
    }

    private static func code(of kind: Problem.Kind) -> Code {
        switch kind {
        case .invalid: .invalidArgument
        case .unauthenticated: .unauthenticated
        case .forbidden: .permissionDenied
        case .notFound: .notFound
        case .conflict: .aborted
        case .rejected: .failedPrecondition
        case .exhausted, .tooLarge, .storageFull: .resourceExhausted
        case .unavailable: .unavailable
        case .internal: .internalError
        }
    }
}
