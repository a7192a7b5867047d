// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import TestSupport
import Testing

@Suite("Mirroring requests")
struct ShadowMirrorTests {
    @Test("the mirrored version's answers are written beside those given, and compared", arguments: TestDatabase.allCases)
    func comparison(_ engine: TestDatabase) async throws {
        let expected = try Fixtures.expected()
        try await World.with(engine) { world in
            world.onlyFirst()
            let settings = EndpointSettings(mirror: .init(model: World.second.model, version: 2, percent: 100))
            world.configure(settings)
            _ = try await EndpointConfiguration(governor: world.governor).set(settings, of: World.endpoint.name, by: world.caller)
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features()]))
            #expect(answer.versions == [1])
            #expect(try await world.logged(answer, rows: 90).allSatisfy { $0.revision == 1 })
            while world.mirror.counts.mirrored < 1 { await Task.yield() }
            await world.mirrorLog.flush()
            let (_, comparison) = try await Endpoints(governor: world.governor).mirror(of: World.endpoint.name, by: world.caller)
            let differences = zip(expected.logisticRegression.probabilities, expected.gradientBoosting.probabilities).map { $1[1] - $0[1] }
            #expect(comparison.rows == 90)
            #expect(comparison.failed == 0)
            #expect(comparison.paired == 90)
            #expect(abs(try #require(comparison.meanDifference) - differences.reduce(0, +) / 90) < 1e-5)
            #expect(abs(try #require(comparison.meanAbsoluteDifference) - differences.map(abs).reduce(0, +) / 90) < 1e-5)
        }
    }

    @Test("a mirrored version that cannot be loaded changes no answer and is counted as failed")
    func failing() async throws {
        let expected = try Fixtures.expected()
        try await World.with { world in
            world.onlyFirst()
            let settings = EndpointSettings(mirror: .init(model: "nothing", version: 9, percent: 100))
            world.configure(settings)
            _ = try await EndpointConfiguration(governor: world.governor).set(settings, of: World.endpoint.name, by: world.caller)
            let answer = try await world.infer(InferenceRequest(inputs: [expected.features()]))
            #expect(answer.outputs.count == 2)
            while world.mirror.counts.mirrored < 1 { await Task.yield() }
            await world.mirrorLog.flush()
            let (_, comparison) = try await Endpoints(governor: world.governor).mirror(of: World.endpoint.name, by: world.caller)
            #expect(comparison.rows == 90)
            #expect(comparison.failed == 90)
        }
    }
}
