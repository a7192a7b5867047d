// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import TestSupport
import Testing

@Suite("Looking features up")
struct FeatureLookupTests {
    /// The model of the golden vectors that takes one tensor for each column.
    private static let version = ServedVersion(workspace: "default", model: "columns", number: 1)

    private func with(
        _ engine: TestDatabase = .sqlite, missing: EndpointSettings.Features.Missing? = nil, _ body: (World) async throws -> Void
    ) async throws {
        let bytes = try Fixtures.bytes("columns.onnx")
        try await World.with(engine) { world in
            world.files.set(
                [ServedFile(path: "model.onnx", digest: world.blobs.keep(bytes, number: 7), size: Int64(bytes.count))], of: Self.version)
            world.traffic.set(World.endpoint, [.init(revision: 1, version: Self.version, percent: 100)])
            world.configure(EndpointSettings(features: .init(service: "cells", entity: "cell", missing: missing)))
            try await body(world)
        }
    }

    private func row(_ entity: String, at time: Int64 = 1, except absent: String? = nil) -> FeatureRow {
        var values: [String: JSONValue] = ["size": .string("small")]
        for index in 0..<5 { values["feature_\(index)"] = .number(Double(index) + 0.5) }
        if let absent { values[absent] = nil }
        return FeatureRow(entity: entity, time: Timestamp(milliseconds: time), values: values)
    }

    private func keys(_ keys: [String]) -> InferenceRequest {
        InferenceRequest(inputs: [Tensor(name: "cell", shape: [keys.count], values: .string(keys))])
    }

    @Test("entity keys are answered as the whole rows are, and what was looked up is logged", arguments: TestDatabase.allCases)
    func lookup(_ engine: TestDatabase) async throws {
        try await with(engine) { world in
            #expect(try await world.features.write([row("a"), row("b")], to: "cells", by: world.caller) == 2)
            let answer = try await world.infer(keys(["b", "a"]))
            let whole = try await world.infer(
                InferenceRequest(
                    inputs: keys(["b", "a"]).inputs
                        + (0..<5).map { index in
                            Tensor(name: "feature_\(index)", shape: [2, 1], values: .float32([Float(index) + 0.5, Float(index) + 0.5]))
                        } + [Tensor(name: "size", shape: [2, 1], values: .string(["small", "small"]))]))
            #expect(answer.outputs == whole.outputs)
            let logged = try await world.logged(answer, rows: 2)
            #expect(logged.map { $0.inputs["cell"] } == [.string("b"), .string("a")])
            #expect(logged.allSatisfy { $0.inputs["feature_3"]?.double == 3.5 && $0.inputs["size"] == .string("small") })
        }
    }

    @Test("only the newest row of an entity stays, whatever the order they come in", arguments: TestDatabase.allCases)
    func newest(_ engine: TestDatabase) async throws {
        try await with(engine) { world in
            let features = world.features
            let first = try await features.write([row("a", at: 5)], to: "cells", by: world.caller)
            let older = try await features.write([row("a", at: 4), row("a", at: 3)], to: "cells", by: world.caller)
            let kept = try await features.row(of: "a", in: "cells", by: world.caller)
            let newer = try await features.write([row("a", at: 6), row("a", at: 7)], to: "cells", by: world.caller)
            let last = try await features.row(of: "a", in: "cells", by: world.caller)
            #expect([first, older, newer] == [1, 0, 1])
            #expect(kept.time == Timestamp(milliseconds: 5))
            #expect(last.time == Timestamp(milliseconds: 7))
        }
    }

    @Test("an unknown entity is refused with its row")
    func unknown() async throws {
        try await with { world in
            _ = try await world.features.write([row("a")], to: "cells", by: world.caller)
            let problem = await #expect(throws: Problem.self) { try await world.infer(keys(["a", "nobody"])) }
            #expect(problem?.kind == .invalid)
            #expect(problem?.why?.contains("row 1") == true)
        }
    }

    @Test("a missing number is NaN where the endpoint says so; a missing text is refused all the same")
    func missing() async throws {
        try await with(missing: .null) { world in
            _ = try await world.features.write(
                [row("number", except: "feature_2"), row("text", except: "size")], to: "cells", by: world.caller)
            let problem = await #expect(throws: Problem.self) { try await world.infer(keys(["text"])) }
            #expect(problem?.what.contains("'size'") == true)
            // What the model makes of NaN is its own affair; the log has the missing value.
            _ = try? await world.infer(keys(["number"]))
            await world.log.flush()
            #expect(world.log.counts.written == 1)
        }
    }

    @Test("a request without the keys is refused, naming the input")
    func absent() async throws {
        try await with { world in
            let request = InferenceRequest(inputs: [Tensor(name: "size", shape: [1, 1], values: .string(["small"]))])
            let problem = await #expect(throws: Problem.self) { try await world.infer(request) }
            #expect(problem?.what.contains("'cell'") == true)
        }
    }
}
