// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Tracking

/// Evaluation datasets and traces over Dhow's own API.
@Suite struct EvaluationRouteTests {
    private func experiment(_ world: World) async throws -> Int64 {
        let answer: ExperimentAnswer = try await world.ask(.post, "experiments", CreateExperimentRequest(name: "asked"), as: "amina")
        return answer.id
    }

    @Test("makes, shows, lists, tags and deletes an evaluation dataset", arguments: TestDatabase.allCases)
    func datasets(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let experiment = try await experiment(world)
            let made: EvaluationDatasetAnswer = try await world.ask(
                .post, "evaluation-datasets", CreateEvaluationDatasetRequest(name: "support", experiments: [experiment]), as: "amina")
            #expect((made.author, made.experiments, made.records) == ("user:amina", [experiment], 0))
            let one = "evaluation-datasets/\(made.id)"
            let tagged: EvaluationDatasetAnswer = try await world.ask(.put, "\(one)/tags/team", TagValueRequest(value: "risk"), as: "amina")
            #expect(tagged.tags.map(\.key) == ["team"])
            let list: Page<EvaluationDatasetAnswer> = try await world.ask(
                .get, "evaluation-datasets?experiment=\(experiment)&filter=tags.team%20%3D%20'risk'", as: "vera")
            #expect(list.items.map(\.id) == [made.id])
            let apart: EvaluationDatasetAnswer = try await world.ask(.delete, "\(one)/experiments/\(experiment)", as: "amina")
            #expect(apart.experiments.isEmpty)
            #expect(try await world.send(.delete, one, as: "vera").status == .forbidden)
            let _: EvaluationDatasetAnswer = try await world.ask(.delete, one, as: "amina")
            #expect(try await world.send(.get, one, as: "vera").code == "tracking.evaluation-dataset.unknown")
        }
    }

    @Test("pages through records and deletes one of them", arguments: TestDatabase.allCases)
    func records(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let sets = EvaluationDatasetTracking(governor: world.governor)
            let id = try await sets.create("support", by: world.amina).id
            let drafts = (Int64(0)..<3).map { EvaluationRecordDraft(inputs: ["n": .integer($0)], source: .init(.human)) }
            _ = try await sets.merge(drafts, into: id, by: world.amina)
            let path = "evaluation-datasets/\(id)/records"
            let first: Page<EvaluationRecordAnswer> = try await world.ask(.get, "\(path)?limit=2", as: "vera")
            #expect(first.items.map(\.inputs) == [["n": 0], ["n": 1]])
            #expect(first.items.map(\.sourceKind) == ["human", "human"])
            let rest: Page<EvaluationRecordAnswer> = try await world.ask(.get, "\(path)?limit=2&after=\(first.next ?? "")", as: "vera")
            #expect(rest.items.map(\.inputs) == [["n": 2]] && rest.next == nil)
            let deleted: DeletedRecordsAnswer = try await world.ask(.delete, "\(path)/\(rest.items[0].id)", as: "amina")
            #expect(deleted.deleted == 1)
        }
    }

    @Test("lists, shows and deletes traces", arguments: TestDatabase.allCases)
    func traces(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let experiment = try await experiment(world)
            let span = TraceSpan(
                traceID: "t", id: "a", parent: nil, name: "ask", type: "LLM", status: .ok, started: 1_000_000, ended: 3_000_000,
                attributes: [SpanAttribute("model", .text("small"))])
            let traces = TraceTracking(governor: world.governor)
            try await traces.record([SpanBatch(trace: "t", spans: [span], name: "ask")], in: experiment, by: world.amina)
            let list: Page<TraceAnswer> = try await world.ask(
                .get, "traces?experiment=\(experiment)&filter=span.type%20%3D%20'LLM'", as: "vera")
            #expect(list.items.map(\.id) == ["t"] && list.items[0].spans == nil)
            let shown: TraceAnswer = try await world.ask(.get, "traces/t", as: "vera")
            #expect((shown.duration, shown.state, shown.spans?.first?.attributes.first?.value) == (2, "OK", "small"))
            #expect(try await world.send(.get, "traces", as: "vera").status == .badRequest)
            #expect(try await world.send(.delete, "traces/t", as: "vera").status == .forbidden)
            let _: TraceAnswer = try await world.ask(.delete, "traces/t", as: "amina")
            #expect(try await world.send(.get, "traces/t", as: "vera").code == "tracking.trace.unknown")
        }
    }
}
