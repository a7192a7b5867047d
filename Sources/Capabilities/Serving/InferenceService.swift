// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Answers rows: assigns each to a revision, computes, puts the answers together and logs every row.
package struct InferenceService: Sendable {
    /// Most rows of one request.
    package static let maximumRows = 10_000

    private let governor: Governor
    private let router: TrafficRouter
    private let host: ModelHost
    private let log: PredictionLog

    package init(governor: Governor, router: TrafficRouter, host: ModelHost, log: PredictionLog) {
        self.governor = governor
        self.router = router
        self.host = host
        self.log = log
    }

    /// - Parameter version: Asks for one model version of those in the split; such rows are no evidence in a rollout.
    /// - Throws: `Problem` `.invalid` when the rows do not fit the model; `.notFound` for an unknown endpoint or version; `.unavailable`
    ///   without a runtime; `.internal` when a model cannot be used, fails or answers with what is no number (its rows
    ///   are logged then, without a score).
    package func infer(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, by caller: Caller
    ) async throws -> InferenceAnswer {
        try governor.require(.inferenceInvoke, of: caller)
        let route = try await router.route(to: EndpointName(workspace: caller.workspace, name: endpoint))
        var inference = try Inference(of: request, by: route, version: version, id: governor.identifiers.next())
        for group in inference.groups {
            let lane = route.lanes[group.lane]
            try inference.take(group, await Result.catching { [inference] in try inference.compute(group, by: try await load(lane)) })
        }
        return try finish(inference, by: caller)
    }

    /// The same without waiting: nil when something must be waited for, and then nothing has been done.
    package func inferAtOnce(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, by caller: Caller, id: String
    ) throws -> InferenceAnswer? {
        guard let route = router.routeAtOnce(to: EndpointName(workspace: caller.workspace, name: endpoint)) else { return nil }
        var inference = try Inference(of: request, by: route, version: version, id: id)
        guard inference.groups.allSatisfy({ route.lanes[$0.lane].modelAtOnce != nil }) else { return nil }
        for group in inference.groups {
            guard let model = route.lanes[group.lane].modelAtOnce else { return nil }
            try inference.take(group, Result.catching { try inference.compute(group, by: model) })
        }
        return try finish(inference, by: caller)
    }

    private func finish(_ inference: Inference, by caller: Caller) throws -> InferenceAnswer {
        log.offer(inference.record(workspace: caller.workspace, at: governor.clock.now()))
        return try inference.answer()
    }

    /// What the endpoint's rows must look like and what it answers, by the model with most of the traffic, or by the version asked for.
    package func signature(of endpoint: String, version: Int? = nil, by caller: Caller) async throws -> EndpointSignature {
        try governor.require(.endpointRead, of: caller)
        let route = try await router.route(to: EndpointName(workspace: caller.workspace, name: endpoint))
        let chosen = try version.map { route.lanes[try route.lane(serving: $0)] } ?? route.main
        guard let chosen else { preconditionFailure("Shares sum to 100, so there is one.") }
        let model = try await load(chosen).model
        return EndpointSignature(
            endpoint: endpoint, versions: Set(route.lanes.map(\.version.number)).sorted(), inputs: model.inputs, outputs: model.outputs)
    }

    /// A file that cannot be served is no mistake of the one who asks for an answer.
    private func load(_ lane: Route.Lane) async throws -> ServedModel {
        do {
            return try await lane.model(from: host)
        } catch var problem as Problem {
            if problem.kind != .unavailable { problem.kind = .internal }
            throw problem
        }
    }
}
