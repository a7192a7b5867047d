// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Monitoring
import Serving
import TestSupport
import Testing

@Suite("Smoke tests of a preview, run by the server")
struct SmokeTesterTests {
    private static let usual = SmokeTest(name: "usual", inputs: ["x": [0.5, 0.25]], atLeast: 0, atMost: 1)

    private func plan(_ tests: SmokeTest...) -> RolloutPlan { RolloutPlan(strategy: .blueGreen, smokeTests: tests) }

    private func tester(_ world: RolloutWorld, version: Result<any ModelRuntime, Problem> = .success(EchoRuntime())) -> SmokeTester {
        let host = ModelHost(runtimes: ModelRuntimes([.onnx: version]), files: OneFile(), blobs: OneBlob(), clock: world.clock)
        let router = TrafficRouter(source: DeliveredTraffic(database: world.database), host: host, governor: world.governor)
        let pool = InferencePool()
        let mirror = ShadowMirror(host: host, pool: pool, log: ShadowLog(database: world.database), clock: world.clock)
        let inference = InferenceService(
            governor: world.governor, router: router, host: host, log: PredictionLog(database: world.database), pool: pool, mirror: mirror,
            features: OnlineFeatures(governor: world.governor))
        return SmokeTester(rollouts: world.rollouts, inference: inference)
    }

    @Test("when all pass the switch follows, with what was tested in the record", arguments: TestDatabase.allCases)
    func passed(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine, plan: plan(Self.usual, SmokeTest(name: "one", inputs: ["x": [1]]))) { world in
            let tester = tester(world)
            #expect(try await tester.testWaiting().isEmpty)
            let tested = try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller)
            #expect(tested.state.position.smoke?.note == "2 of 2 passed, run by the server.")
            #expect(tested.state.position.smoke?.by == "system:rollouts" && !tested.state.awaitsSmokeTests)
            _ = try await world.rollouts.passTime()
            #expect(try await world.phase() == .promoted)
            #expect(try await tester.testWaiting().isEmpty)
            #expect(try await world.rollouts.replay(world.rollout.id, by: world.operatorCaller).agrees)
        }
    }

    @Test("when one fails the release ends before any request, and says which and why", arguments: TestDatabase.allCases)
    func failed(engine: TestDatabase) async throws {
        let tests = [
            Self.usual, SmokeTest(name: "high", inputs: ["x": [0.5, 7]], atMost: 1), SmokeTest(name: "text", inputs: ["x": ["a"]]),
            SmokeTest(name: "other", inputs: ["y": [1]]), SmokeTest(name: "refused", inputs: ["x": [-1]]),
        ]
        try await RolloutWorld.run(on: engine, plan: RolloutPlan(strategy: .blueGreen, smokeTests: tests)) { world in
            #expect(try await tester(world).testWaiting().isEmpty)
            let ended = try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller)
            #expect(ended.state.phase == .rolledBack)
            let reason = try #require(ended.reason)
            #expect(
                reason.contains("4 of 5 that the server ran") && reason.contains("'high': row 1 has score 7.0, at most 1.0"), "\(reason)")
            #expect(reason.contains("'text'") && reason.contains("'other'") && !reason.contains("'usual'"))
        }
    }

    @Test("what cannot be asked now says nothing, and is asked again", arguments: TestDatabase.allCases)
    func away(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine, plan: plan(Self.usual)) { world in
            let missing = Problem(.unavailable, "test.runtime", "There is no runtime.")
            #expect(try await tester(world, version: .failure(missing)).testWaiting().isEmpty)
            let waiting = try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller)
            #expect(waiting.state.awaitsSmokeTests && waiting.state.phase == .progressing)
            #expect(try await tester(world).testWaiting().isEmpty)
            #expect(try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller).state.position.smoke != nil)
        }
    }
}

/// A model that answers with its input, and refuses numbers below 0.
private struct EchoRuntime: ModelRuntime {
    struct Model: LoadedModel {
        let inputs = [TensorSpecification(name: "x", datatype: .float32, shape: [-1])]
        let outputs = [TensorSpecification(name: "y", datatype: .float32, shape: [-1])]

        func infer(_ inputs: [Tensor], outputs: [String]?) throws -> [Tensor] {
            guard case .float32(let values) = inputs[0].values, values.allSatisfy({ $0 >= 0 }) else {
                throw Problem(.invalid, "test.input", "The model takes no numbers below 0.")
            }
            return [Tensor(name: "y", shape: inputs[0].shape, values: inputs[0].values)]
        }
    }

    let name = "echo"

    func load(_ model: [UInt8]) throws -> any LoadedModel { Model() }
}

private struct OneFile: VersionFiles {
    func files(of version: ServedVersion) async throws -> [ServedFile] {
        [ServedFile(path: "model.onnx", digest: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)), size: 1)]
    }
}

private struct OneBlob: BlobStore {
    func put(_ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, limit: Int64) async throws -> BlobInfo {
        throw Problem(.internal, "test.blobs.readonly", "Not for putting.")
    }

    func get(_ digest: BlobDigest, range: Range<Int64>?) async throws -> BlobContent {
        let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield([1])
            continuation.finish()
        }
        let info = BlobInfo(digest: digest, size: 1, time: Timestamp(milliseconds: 0))
        return BlobContent(info: info, range: 0..<1, bytes: stream)
    }

    func info(_ digest: BlobDigest) async throws -> BlobInfo? { nil }
    func delete(_ digest: BlobDigest) async throws {}
    func list(after digest: BlobDigest?, limit: Int) async throws -> [BlobInfo] { [] }
}
