// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One request on its way: which rows go to which revision, and what has been computed so far.
struct Inference {
    typealias Group = (lane: Int, rows: [Int])

    /// What one model is asked.
    struct Question: Sendable {
        var inputs: [Tensor]
        var outputs: [String]
        /// Whether the last output is only there for the log.
        var isScoreExtra: Bool
    }

    struct Part {
        var outputs: [Tensor]
        var scores: [Double]?
        /// What is wrong with the outputs, which are then not answered with.
        var problem: Problem?
    }

    let request: InferenceRequest
    let route: Route
    let id: String
    let rows: Int
    let groups: [Group]
    /// Whether the client chose the version itself; such rows are no evidence in a rollout.
    let isChosen: Bool
    private var scores: [Double]
    private var revisions: [Int]
    private var microseconds: [Int64]
    private var parts: [[Tensor]] = []
    private var failure: Problem?

    init(of request: InferenceRequest, by route: Route, version: Int?, id: String) throws(Problem) {
        self.request = request
        self.route = route
        self.id = id
        rows = try request.rowCount(limit: InferenceService.maximumRows)
        if let lane = try route.lane(version: version, revision: request.revision) {
            groups = [(lane, Array(0..<rows))]
            isChosen = true
        } else {
            groups = try route.assign(rows: rows, of: request, id: id)
            isChosen = false
        }
        scores = Array(repeating: .nan, count: rows)
        microseconds = Array(repeating: 0, count: rows)
        revisions = Array(repeating: route.lanes[groups[0].lane].revision, count: rows)
        if groups.count > 1 {
            for group in groups { for row in group.rows { revisions[row] = route.lanes[group.lane].revision } }
        }
    }

    func question(to served: ServedModel, about group: Group) -> Question {
        let inputs = group.rows.count == rows ? request.inputs : request.inputs.map { $0.taking(rows: group.rows) }
        var wanted = request.outputs ?? []
        // The score is logged also when the client does not ask for it.
        let isScoreExtra = !wanted.isEmpty && served.scoreOutput.map { !wanted.contains($0) } ?? false
        if isScoreExtra, let score = served.scoreOutput { wanted.append(score) }
        return Question(inputs: inputs, outputs: wanted, isScoreExtra: isScoreExtra)
    }

    func part(of outputs: consuming [Tensor], to question: Question, from served: ServedModel, _ group: Group) -> Part {
        let scores = outputs.first { $0.name == served.scoreOutput }?.lastColumn(rows: group.rows.count)
        let lane = route.lanes[group.lane]
        let problem = outputs.first { !$0.isFinite }.map { output in
            Problem(
                .internal, "serving.output.not-finite", "The model answered with what is no number, in output '\(output.name.printable)'.",
                why: "Revision \(lane.revision), \(lane.version), computed NaN or infinity.",
                fix: "See whether the inputs are in the range the model was trained on. The rows are in the prediction log.")
        }
        if question.isScoreExtra { outputs.removeLast() }
        return Part(outputs: outputs, scores: scores, problem: problem)
    }

    /// - Parameter start: When the group's turn began.
    /// - Throws: What is the client's mistake, or nobody's; a model's failure is kept, so that the other rows are computed and all are logged.
    mutating func take(_ group: Group, _ result: Result<Part, any Error>, since start: ContinuousClock.Instant) throws {
        let elapsed = (ContinuousClock.now - start).components
        let took = elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000
        for row in group.rows { microseconds[row] = took }
        switch result {
        case .success(let part):
            if let column = part.scores { for (row, score) in zip(group.rows, column) { scores[row] = score } }
            parts.append(part.outputs)
            if let problem = part.problem { failure = failure ?? problem }
        case .failure(let problem as Problem) where problem.kind == .internal: failure = failure ?? problem
        case .failure(let error): throw error
        }
    }

    func record(at now: Timestamp) -> AnsweredRequest {
        AnsweredRequest(
            workspace: route.name.workspace, endpoint: route.name.name, id: id, time: request.time ?? now, logged: now,
            inputs: request.loggedOnly.isEmpty ? request.inputs : request.loggedOnly + request.inputs, revisions: revisions,
            candidate: isChosen ? nil : route.candidate, candidatePercent: isChosen ? 0 : route.candidatePercent, scores: scores,
            policy: route.logPolicy, microseconds: microseconds, outputs: loggedOutputs)
    }

    func answer() throws -> InferenceAnswer {
        if let failure { throw failure }
        return InferenceAnswer(
            id: id, endpoint: route.name.name, versions: Set(groups.map { route.lanes[$0.lane].version.number }).sorted(),
            outputs: try merged())
    }

    /// Nothing where a revision failed: there was no answer then.
    private var loggedOutputs: [Tensor] {
        guard route.logPolicy.keepsOutputs, failure == nil, parts.count == groups.count, let outputs = try? merged() else { return [] }
        return outputs.filter { $0.shape.first == rows }
    }

    private func merged() throws -> [Tensor] {
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
            return try Tensor.merging(same, rows: groups.map(\.rows), count: rows)
        }
    }
}
