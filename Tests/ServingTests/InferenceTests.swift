// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("Answering rows")
struct InferenceTests {
    @Test("answers what scikit-learn answers, and logs inputs, score, revision and time of every row", arguments: TestDatabase.allCases)
    func single(_ engine: TestDatabase) async throws {
        let expected = try Fixtures.expected()
        try await World.with(engine) { world in
            world.onlyFirst()
            let moment = Timestamp(milliseconds: 1_357_000_000_000)
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features()], time: moment))
            #expect(answer.versions == [1])
            let probabilities = try #require(answer.outputs.last)
            #expect(probabilities.shape == [90, 2])
            for (value, wanted) in zip(probabilities.floats, expected.logisticRegression.probabilities.flatMap(\.self)) {
                #expect(abs(Double(value) - wanted) < 1e-5)
            }
            let logged = try await world.logged(answer, rows: 90)
            #expect(logged.count == 90)
            for (row, prediction) in logged.enumerated() {
                #expect(prediction.revision == 1)
                #expect(prediction.candidate == nil)
                #expect(prediction.time == moment)
                #expect(prediction.logged == world.clock.now())
                #expect(abs(try #require(prediction.score) - expected.logisticRegression.probabilities[row][1]) < 1e-5)
                let inputs = try #require(prediction.inputs["features"]?.array).compactMap(\.double)
                #expect(inputs.map { Float($0) } == expected.rows[row])
            }
        }
    }

    @Test("divides a batch among the revisions by row and puts the answers back in order")
    func split() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.split(candidate: 40)
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features()], outputs: ["probabilities"]))
            #expect(answer.versions == [1, 2])
            #expect(answer.outputs.map(\.name) == ["probabilities"])
            let logged = try await world.logged(answer, rows: 90)
            #expect(Set(logged.map(\.revision)) == [1, 2])
            #expect(logged.allSatisfy { $0.candidate == 2 && $0.candidatePercent == 40 })
            for (row, prediction) in logged.enumerated() {
                let wanted = prediction.revision == 1 ? expected.logisticRegression : expected.gradientBoosting
                #expect(abs(Double(answer.outputs[0].floats[row * 2 + 1]) - wanted.probabilities[row][1]) < 1e-5)
                #expect(abs(try #require(prediction.score) - wanted.probabilities[row][1]) < 1e-5)
                #expect((Assignment.bucket(salt: "salt", key: prediction.id) < 40) == (prediction.revision == 2))
            }
        }
    }

    @Test("logs the score also when the client asks only for the label")
    func extraScore() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features(3)], outputs: ["label"]))
            #expect(answer.outputs.map(\.name) == ["label"])
            #expect(try await world.logged(answer, rows: 3).allSatisfy { $0.score != nil })
        }
    }

    @Test("answers by the version asked for, and keeps such rows out of the rollout's evidence")
    func pinned() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.split(candidate: 5)
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features(8)]), version: 2)
            #expect(answer.versions == [2])
            #expect(try await world.logged(answer, rows: 8).allSatisfy { $0.revision == 2 && $0.candidate == nil })
            let unknown = await #expect(throws: Problem.self) {
                try await world.infer(InferenceRequest(inputs: [expected.features(1)]), version: 7)
            }
            #expect(unknown?.code == "serving.version.unknown")
        }
    }

    @Test("a change of the split holds for the next request, and nothing is read again without a change")
    func change() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            for _ in 0..<5 { _ = try await world.infer(InferenceRequest(inputs: [expected.features(1)])) }
            #expect(world.traffic.asked == 1)
            // Through the governor: any committed change makes the next request look.
            world.traffic.set(World.endpoint, [.init(revision: 2, version: World.second, percent: 100)])
            _ = try await world.governor.change(.endpointWrite, by: world.caller) { change in
                try change.record("rollout.promoted", on: "rollout/x")
                return Nothing()
            }
            #expect(try await world.infer(InferenceRequest(inputs: [expected.features(1)])).versions == [2])
            #expect(world.traffic.asked == 2)
        }
    }

    @Test("a model's answer that is no number fails the request, and the rows are logged without a score")
    func notFinite() async throws {
        try await World.with { world in
            world.onlyFirst()
            let wild = Tensor(name: "features", shape: [1, 15], values: .float32(Array(repeating: .infinity, count: 15)))
            let problem = await #expect(throws: Problem.self) { try await world.infer(InferenceRequest(inputs: [wild])) }
            #expect(problem?.code == "serving.output.not-finite")
            #expect(problem?.kind == .internal)
            await world.log.flush()
            let scores = try await world.database.read {
                try $0.rows("SELECT score FROM prediction").map { row -> Double? in try row["score"] }
            }
            #expect(scores == [nil])
        }
    }

    @Test("refuses what no endpoint, no row or too many rows make impossible, and logs none of it")
    func refusals() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            func code(_ request: InferenceRequest) async -> String? {
                await #expect(throws: Problem.self) { try await world.infer(request) }?.code
            }
            #expect(await code(InferenceRequest(inputs: [expected.features(1)])) == "serving.endpoint.unknown")
            world.onlyFirst()
            #expect(await code(InferenceRequest(inputs: [])) == "serving.request.empty")
            #expect(
                await code(InferenceRequest(inputs: [Tensor(name: "features", shape: [0, 15], values: .float32([]))]))
                    == "serving.request.no-rows")
            let many = Tensor(name: "features", shape: [10_001, 15], values: .float32(Array(repeating: 0, count: 150_015)))
            #expect(await code(InferenceRequest(inputs: [many])) == "serving.request.too-many-rows")
            let short = Tensor(name: "features", shape: [2, 15], values: .float32([1]))
            #expect(await code(InferenceRequest(inputs: [short])) == "serving.input.count")
            #expect(await code(InferenceRequest(inputs: [expected.features(1)], outputs: ["nothing"])) == "serving.output.unknown")
            let wrong = Tensor(name: "features", shape: [1, 2], values: .float32([1, 2]))
            #expect(await code(InferenceRequest(inputs: [wrong])) == "serving.input.shape")
            #expect(world.log.counts.offered == 0)
        }
    }

    @Test("says what is missing when there is no runtime")
    func noRuntime() async throws {
        let missing = Problem(.unavailable, "serving.onnxruntime.missing", "ONNX Runtime is not installed.", fix: "Run `make setup`")
        let expected = try Fixtures.expected()
        try await World.with(runtime: .failure(missing)) { world in
            world.onlyFirst()
            let problem = await #expect(throws: Problem.self) { try await world.infer(InferenceRequest(inputs: [expected.features(1)])) }
            #expect(problem == missing)
        }
    }
}
