// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Serving
import TestSupport
import Testing

@Suite("What revisions on trial take and refuse")
struct RevisionLoadTests {
    private func loads(_ world: World) async throws -> [RevisionLoad] {
        await world.loads.write()
        return try await world.database.read {
            try RevisionLoadTable(transaction: $0).loads(of: World.endpoint.name, in: World.endpoint.workspace, candidate: 2)
        }
    }

    @Test("is counted by revision and share, and added up over several writes", arguments: TestDatabase.allCases)
    func counts(_ engine: TestDatabase) async throws {
        try await World.with(engine, runtime: .success(StrictRuntime())) { world in
            world.split(candidate: 40)
            for part in 0..<2 {
                for _ in 0..<50 { _ = try await world.infer(StrictRuntime.request([1])) }
                for _ in 0..<5 { await #expect(throws: Problem.self) { try await world.infer(StrictRuntime.request([-1])) } }
                let loads = try await loads(world)
                #expect(loads.reduce(0) { $0 + $1.answered } == 50 * (part + 1))
                #expect(loads.reduce(0) { $0 + $1.misfits } == 5 * (part + 1))
                #expect(loads.allSatisfy { $0.percent == 40 && $0.shed == 0 } && Set(loads.map(\.isCandidate)) == [true, false])
                #expect(loads.allSatisfy { $0.mostAtOnce == 1 })
            }
        }
    }

    @Test("a batch that nobody can answer counts against each revision by its share, whichever is asked first")
    func batches() async throws {
        try await World.with(runtime: .success(StrictRuntime())) { world in
            world.split(candidate: 10)
            for _ in 0..<300 {
                await #expect(throws: Problem.self) { try await world.infer(StrictRuntime.request(Array(repeating: -1, count: 10))) }
            }
            let loads = try await loads(world)
            let own = loads.filter(\.isCandidate).reduce(0) { $0 + $1.misfits }
            #expect(loads.reduce(0) { $0 + $1.misfits } == 300)
            // Binomial(300, 0.1) lies in here but for one time in a hundred thousand; asked first, the candidate would have about 195.
            #expect((8...56).contains(own))
        }
    }

    @Test("one entity's refused inputs count once")
    func entities() async throws {
        try await World.with(runtime: .success(StrictRuntime())) { world in
            world.split(candidate: 50)
            for _ in 0..<20 { await #expect(throws: Problem.self) { try await world.infer(StrictRuntime.request([-1], of: "somebody")) } }
            let counted = try await loads(world)
            #expect(counted.map(\.misfits) == [1])
        }
    }

    @Test("a tester's requests and those without a rollout are not counted")
    func others() async throws {
        try await World.with(runtime: .success(StrictRuntime())) { world in
            world.split(candidate: 50)
            _ = try await world.infer(StrictRuntime.request([1]), version: 2)
            await #expect(throws: Problem.self) { try await world.infer(StrictRuntime.request([-1]), version: 2) }
            world.onlyFirst()
            _ = try await world.infer(StrictRuntime.request([1]))
            let counted = try await loads(world)
            #expect(counted.isEmpty)
        }
    }

    @Test("the time of each row and the rows of its request are logged, whichever way it was answered", arguments: TestDatabase.allCases)
    func times(_ engine: TestDatabase) async throws {
        try await World.with(engine, runtime: .success(StrictRuntime())) { world in
            world.split(candidate: 50)
            let waited = try await world.infer(StrictRuntime.request([1, 2, 3]))
            // Both models must be in memory, and their last calls short, which a busy machine may make them not be.
            var atOnce: InferenceAnswer?
            for _ in 0..<1_000 where atOnce == nil {
                for version in [1, 2] { _ = try await world.infer(StrictRuntime.request([1]), version: version) }
                atOnce = try world.inference.inferAtOnce(
                    World.endpoint.name, StrictRuntime.request([1, 2]), by: world.caller, id: world.governor.identifiers.next())
            }
            for (answer, rows) in [(waited, 3), (try #require(atOnce), 2)] {
                let logged = try await world.logged(answer, rows: rows)
                #expect(logged.count == rows)
                #expect(logged.allSatisfy { ($0.microseconds ?? -1) >= 0 && $0.requestRows == rows })
            }
        }
    }
}

/// Models that refuse numbers below 0.
private struct StrictRuntime: ModelRuntime {
    struct Model: LoadedModel {
        let inputs = [TensorSpecification(name: "x", datatype: .float32, shape: [-1])]
        let outputs = [TensorSpecification(name: "y", datatype: .float32, shape: [-1])]

        func infer(_ inputs: [Tensor], outputs: [String]?) throws -> [Tensor] {
            guard inputs[0].floats.allSatisfy({ $0 >= 0 }) else {
                throw Problem(.invalid, "test.input", "The model takes no numbers below 0.")
            }
            return [Tensor(name: "y", shape: inputs[0].shape, values: inputs[0].values)]
        }
    }

    let name = "strict"

    func load(_ model: [UInt8]) throws -> any LoadedModel { Model() }

    static func request(_ values: [Float], of entity: String? = nil) -> InferenceRequest {
        var request = InferenceRequest(inputs: [Tensor(name: "x", shape: [values.count], values: .float32(values))])
        request.entity = entity
        return request
    }
}
