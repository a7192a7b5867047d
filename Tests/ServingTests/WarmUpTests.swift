// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import Synchronization
import Testing

@Suite("A model's first call")
struct WarmUpTests {
    @Test("is made when it is loaded; a model that cannot answer is refused with the reason")
    func failing() async throws {
        try await World.with { world in
            let version = ServedVersion(workspace: "default", model: "tumour", number: 3)
            let bytes = try Fixtures.bytes("failing.onnx")
            world.files.set(
                [ServedFile(path: "model.onnx", digest: world.blobs.keep(bytes, number: 3), size: Int64(bytes.count))], of: version)
            let problem = await #expect(throws: Problem.self) { _ = try await world.host.model(of: version) }
            #expect(problem?.code == "serving.model.warm-up-failed")
            #expect(problem?.why?.contains("Reshape") == true)
        }
    }

    @Test("knows the platform of a version")
    func platform() async throws {
        try await World.with { world in
            let served = try await world.host.model(of: World.first)
            #expect(served.platform == "onnx_onnxv1")
            #expect(served.immediate != nil)
        }
    }
}
