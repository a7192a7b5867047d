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
        let rows = try request.rowCount(limit: Self.maximumRows)
        let id = governor.identifiers.next()
        let groups = try version.map { [(try lane(of: route, serving: $0), Array(0..<rows))] } ?? route.assign(rows: rows, id: id)

        var scores = Array(repeating: Double.nan, count: rows)
        var revisions = Array(repeating: 0, count: rows)
        var parts: [[Tensor]] = []
        var failure: Problem?
        for (lane, members) in groups {
            let lane = route.lanes[lane]
            for row in members { revisions[row] = lane.revision }
            do {
                let part = try await answer(request, rows: members.count == rows ? nil : members, by: lane)
                if let column = part.scores { for (row, score) in zip(members, column) { scores[row] = score } }
                parts.append(part.outputs)
                if let problem = part.problem { failure = failure ?? problem }
            } catch let problem as Problem where problem.kind == .internal {
                failure = failure ?? problem
            }
        }

        let now = governor.clock.now()
        log.offer(
            AnsweredRequest(
                workspace: caller.workspace, endpoint: endpoint, id: id, time: request.time ?? now, logged: now, inputs: request.inputs,
                revisions: revisions, candidate: version == nil ? route.candidate : nil,
                candidatePercent: version == nil ? route.candidatePercent : 0, scores: scores))
        if let failure { throw failure }
        return InferenceAnswer(
            id: id, endpoint: endpoint, versions: Set(groups.map { route.lanes[$0.0].version.number }).sorted(),
            outputs: try Self.merge(parts, rows: groups.map(\.1), count: rows))
    }

    /// What the endpoint's rows must look like and what it answers, by the model with most of the traffic, or by the version asked for.
    package func signature(of endpoint: String, version: Int? = nil, by caller: Caller) async throws -> EndpointSignature {
        try governor.require(.endpointRead, of: caller)
        let route = try await router.route(to: EndpointName(workspace: caller.workspace, name: endpoint))
        let chosen = try version.map { route.lanes[try lane(of: route, serving: $0)] } ?? route.main
        guard let chosen else { preconditionFailure("Shares sum to 100, so there is one.") }
        let model = try await load(chosen)
        return EndpointSignature(
            endpoint: endpoint, versions: Set(route.lanes.map(\.version.number)).sorted(), inputs: model.inputs, outputs: model.outputs)
    }

    private struct Part {
        var outputs: [Tensor]
        var scores: [Double]?
        var problem: Problem?
    }

    /// - Parameter rows: Nil for all of them.
    private func answer(_ request: InferenceRequest, rows: [Int]?, by lane: Route.Lane) async throws -> Part {
        let served = try await load(lane)
        let inputs = rows.map { rows in request.inputs.map { $0.taking(rows: rows) } } ?? request.inputs
        let count = inputs.first?.shape.first ?? 0
        var wanted = request.outputs ?? []
        // The score is logged also when the client does not ask for it.
        let isScoreExtra = !wanted.isEmpty && served.scoreOutput.map { !wanted.contains($0) } ?? false
        if isScoreExtra, let score = served.scoreOutput { wanted.append(score) }
        var outputs = try await served.infer(inputs, outputs: wanted)
        let scores = outputs.first { $0.name == served.scoreOutput }?.lastColumn(rows: count)
        let problem = outputs.first { !$0.isFinite }.map { output in
            Problem(
                .internal, "serving.output.not-finite", "The model answered with what is no number, in output '\(output.name.printable)'.",
                why: "Revision \(lane.revision), \(lane.version), computed NaN or infinity.",
                fix: "See whether the inputs are in the range the model was trained on. The rows are in the prediction log.")
        }
        if isScoreExtra { outputs.removeLast() }
        return Part(outputs: outputs, scores: scores, problem: problem)
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

    private func lane(of route: Route, serving version: Int) throws(Problem) -> Int {
        guard let lane = route.lanes.firstIndex(where: { $0.version.number == version }) else {
            let versions = Set(route.lanes.map(\.version.number)).sorted().map(String.init).joined(separator: ", ")
            throw Problem(
                .notFound, "serving.version.unknown", "Version \(version) does not answer at endpoint '\(route.name.name)'.",
                why: "These do: \(versions).", fix: "Leave the version out, or release it to the endpoint.")
        }
        return lane
    }

    private static func merge(_ parts: [[Tensor]], rows: [[Int]], count: Int) throws -> [Tensor] {
        guard let first = parts.first else { preconditionFailure("There was at least one row.") }
        guard parts.count > 1 else { return first }
        return try first.map { output in
            let same = parts.compactMap { part in part.first { $0.name == output.name } }
            guard same.count == parts.count else {
                throw Problem(
                    .internal, "serving.output.differs", "The revisions do not answer with the same outputs.",
                    why: "Not all of them have '\(output.name.printable)'.",
                    fix: "Release versions of one endpoint with the same signature.")
            }
            return try Tensor.merging(same, rows: rows, count: count)
        }
    }
}
