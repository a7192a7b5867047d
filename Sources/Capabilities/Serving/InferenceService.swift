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
    private let pool: InferencePool
    private let mirror: ShadowMirror
    private let features: FeatureLookup
    private let loads: RevisionLoads?

    /// - Parameter loads: Counts what revisions on trial take and refuse; nil counts nothing.
    package init(
        governor: Governor, router: TrafficRouter, host: ModelHost, log: PredictionLog, pool: InferencePool, mirror: ShadowMirror,
        features: OnlineFeatures, loads: RevisionLoads? = nil
    ) {
        self.governor = governor
        self.router = router
        self.host = host
        self.log = log
        self.pool = pool
        self.mirror = mirror
        self.features = FeatureLookup(store: features)
        self.loads = loads
    }

    /// - Parameter version: Asks for one model version of those in the split; such rows are no evidence in a rollout.
    /// - Throws: `Problem` `.invalid` when the rows do not fit the model; `.notFound` for an unknown endpoint or version; `.unavailable`
    ///   without a runtime or when the deadline passes; `.exhausted` when the revision or the queue before the models is full; `.internal`
    ///   when a model cannot be used, fails or answers with what is no number (its rows are logged then, without a score).
    package func infer(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, by caller: Caller
    ) async throws -> InferenceAnswer {
        try governor.require(.inferenceInvoke, of: caller)
        let route = try await router.route(to: EndpointName(workspace: caller.workspace, name: endpoint))
        var request = request
        if let timeout = route.settings.timeout {
            let limit = ContinuousClock.now + .milliseconds(timeout)
            request.deadline = min(request.deadline ?? limit, limit)
        }
        if let lookup = route.settings.features {
            let model = try await load(route.main)
            request = try await features.complete(request, by: lookup, for: model.inputs, caller)
        }
        var inference = try Inference(of: request, by: route, version: version, id: governor.identifiers.next())
        for group in inference.groups {
            let start = ContinuousClock.now
            let result = await Result.catching { [inference] in try await compute(group, of: inference) }
            try take(group, result, since: start, of: &inference)
        }
        return try finish(inference)
    }

    /// The same without waiting: nil when something must be waited for, or takes long, and then nothing has been done.
    package func inferAtOnce(
        _ endpoint: String, version: Int? = nil, _ request: InferenceRequest, by caller: Caller, id: String
    ) throws -> InferenceAnswer? {
        guard let route = router.routeAtOnce(to: EndpointName(workspace: caller.workspace, name: endpoint)), route.settings.features == nil,
            route.settings.batching == nil
        else { return nil }
        var inference = try Inference(of: request, by: route, version: version, id: id)
        for group in inference.groups where !route.lanes[group.lane].answersAtOnce(rows: group.rows.count) { return nil }
        for group in inference.groups {
            let lane = route.lanes[group.lane]
            guard let served = lane.modelAtOnce, let model = served.immediate else { return nil }
            let start = ContinuousClock.now
            let result = Result.catching {
                let question = inference.question(to: served, about: group)
                let outputs = try lane.working(on: group.rows.count, limit: route.settings.concurrency) {
                    try model.infer(question.inputs, outputs: question.outputs)
                }
                return inference.part(of: outputs, to: question, from: served, group)
            }
            try take(group, result, since: start, of: &inference)
        }
        return try finish(inference)
    }

    /// What the endpoint's rows must look like and what it answers, by the model with most of the traffic, or by the version asked for.
    package func signature(of endpoint: String, version: Int? = nil, by caller: Caller) async throws -> EndpointSignature {
        try governor.require(.endpointRead, of: caller)
        let route = try await router.route(to: EndpointName(workspace: caller.workspace, name: endpoint))
        let model = try await load(try route.lane(version: version, revision: nil).map { route.lanes[$0] } ?? route.main)
        return EndpointSignature(
            endpoint: endpoint, versions: Set(route.lanes.map(\.version.number)).sorted(), inputs: model.inputs, outputs: model.outputs,
            platform: model.platform, entity: route.settings.features?.entity)
    }

    private func compute(_ group: Inference.Group, of inference: Inference) async throws -> Inference.Part {
        let lane = inference.route.lanes[group.lane]
        try lane.load.enter(limit: inference.route.settings.concurrency, revision: lane.revision)
        defer { lane.load.leave() }
        let served = try await load(lane)
        let question = inference.question(to: served, about: group)
        let deadline = inference.request.deadline
        let outputs: [Tensor]
        if let model = served.immediate, let batching = inference.route.settings.batching {
            let batches = lane.batches(of: model, batching, on: pool)
            outputs = try await pool.admitting {
                try await Deadline.limit(to: deadline) { try await batches.infer(question.inputs, outputs: question.outputs) }
            }
        } else if let model = served.immediate {
            outputs = try await pool.run(until: deadline) { [rows = group.rows.count] in
                try lane.timing(rows: rows) { try model.infer(question.inputs, outputs: question.outputs) }
            }
        } else {
            let ask: @Sendable () async throws -> [Tensor] = { try await served.infer(question.inputs, outputs: question.outputs) }
            let hedging = inference.route.settings.hedging
            outputs = try await Deadline.limit(to: deadline) {
                guard let hedging else { return try await ask() }
                return try await lane.load.hedging.first(by: hedging, ask)
            }
        }
        return inference.part(of: outputs, to: question, from: served, group)
    }

    private func take(
        _ group: Inference.Group, _ result: Result<Inference.Part, any Error>, since start: ContinuousClock.Instant,
        of inference: inout Inference
    ) throws {
        do {
            try inference.take(group, result, since: start)
        } catch {
            loads?.note(error, group, of: inference)
            throw error
        }
    }

    private func finish(_ inference: Inference) throws -> InferenceAnswer {
        loads?.noteAnswer(inference)
        log.offer(inference.record(at: governor.clock.now()))
        if let shadow = inference.route.settings.mirror {
            mirror.offer(inference.request, rows: inference.rows, id: inference.id, endpoint: inference.route.name, to: shadow)
        }
        return try inference.answer()
    }

    /// A file that cannot be served is no mistake of the one who asks for an answer.
    private func load(_ lane: Route.Lane) async throws -> ServedModel {
        do {
            return try await lane.model(from: host)
        } catch var problem as Problem {
            if problem.kind != .unavailable && problem.kind != .exhausted { problem.kind = .internal }
            throw problem
        }
    }
}

extension Result where Failure == any Error {
    /// What `body` gives or throws.
    static func catching(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    static func catching(_ body: () throws -> Success) -> Self {
        do { return .success(try body()) } catch { return .failure(error) }
    }
}
