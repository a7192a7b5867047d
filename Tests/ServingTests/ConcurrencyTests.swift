// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Serving
import Testing

@Suite("Requests that a revision works on at once")
struct ConcurrencyTests {
    @Test("are as many as the endpoint allows, also over a change of its settings; then requests are refused, and later taken again")
    func limit() async throws {
        let (started, starting) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        try await World.with(runtime: .success(HoldingRuntime(gate: gate, starting: starting))) { world in
            world.split(candidate: 100)
            world.configure(EndpointSettings(concurrency: 1))
            async let held = world.infer(HoldingRuntime.request(held: true))
            for await _ in started { break }
            var codes: [String?] = []
            for _ in 0..<2 {
                codes.append(await #expect(throws: Problem.self) { try await world.infer(HoldingRuntime.request()) }?.code)
                // Another route, and the same work under way.
                world.configure(EndpointSettings(concurrency: 1))
            }
            #expect(codes == ["serving.revision.saturated", "serving.revision.saturated"])
            gate.open()
            let first = try await held
            let after = try await world.infer(HoldingRuntime.request())
            #expect([first, after].map(\.outputs.count) == [1, 1])
            await world.loads.write()
            let loads = try await world.database.read {
                try RevisionLoadTable(transaction: $0).loads(of: World.endpoint.name, in: World.endpoint.workspace, candidate: 2)
            }
            #expect(loads.map(\.answered) == [2] && loads.map(\.shed) == [2] && loads.map(\.mostAtOnce) == [1])
        }
    }
}

/// Models whose calls can be held.
private struct HoldingRuntime: ModelRuntime {
    struct Model: LoadedModel {
        let inputs = [TensorSpecification(name: "x", datatype: .float32, shape: [-1])]
        let outputs = [TensorSpecification(name: "y", datatype: .float32, shape: [-1])]
        let gate: Gate
        let starting: AsyncStream<Void>.Continuation

        func infer(_ inputs: [Tensor], outputs: [String]?) throws -> [Tensor] {
            if inputs[0].floats == [-1] {
                starting.yield()
                gate.wait()
            }
            return [Tensor(name: "y", shape: inputs[0].shape, values: inputs[0].values)]
        }
    }

    let name = "holding"
    let gate: Gate
    let starting: AsyncStream<Void>.Continuation

    func load(_ model: [UInt8]) throws -> any LoadedModel { Model(gate: gate, starting: starting) }

    static func request(held: Bool = false) -> InferenceRequest {
        InferenceRequest(inputs: [Tensor(name: "x", shape: [1], values: .float32([held ? -1 : 1]))])
    }
}
