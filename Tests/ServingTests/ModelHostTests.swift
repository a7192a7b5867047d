// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving
import TestSupport
import Testing

@Suite("Models in memory")
struct ModelHostTests {
    @Test("loads a version once, however many ask at the same time")
    func once() async throws {
        try await World.with { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await world.host.model(of: World.first) } }
                try await group.waitForAll()
            }
            #expect(world.blobs.reads == 2, "Its description and its model.")
        }
    }

    @Test("keeps a version for a quarter of an hour after the last split that named it")
    func keeping() async throws {
        try await World.with { world in
            _ = try await world.host.model(of: World.first)
            _ = try await world.host.model(of: World.second)
            await world.host.keep([World.first], at: world.clock.now())
            world.clock.advance(ModelHost.keptFor - .milliseconds(1))
            await world.host.keep([World.first], at: world.clock.now())
            #expect(await world.host.loadedVersions == [World.first, World.second])
            // Named again in between: the time starts anew.
            await world.host.keep([World.first, World.second], at: world.clock.now())
            world.clock.advance(.seconds(60))
            await world.host.keep([World.first], at: world.clock.now())
            world.clock.advance(ModelHost.keptFor - .seconds(1))
            await world.host.keep([World.first], at: world.clock.now())
            #expect(await world.host.loadedVersions == [World.first, World.second])
            world.clock.advance(.seconds(1))
            await world.host.keep([World.first], at: world.clock.now())
            #expect(await world.host.loadedVersions == [World.first])
        }
    }

    @Test("wants exactly one ONNX file, and tries a mended version again")
    func files() async throws {
        try await World.with { world in
            let version = ServedVersion(workspace: "default", model: "tumour", number: 3)
            let good = try Fixtures.bytes("logistic_regression.onnx")
            let model = ServedFile(path: "a/model.onnx", digest: world.blobs.keep(good, number: 3), size: Int64(good.count))
            let other = ServedFile(path: "b/model.onnx", digest: model.digest, size: model.size)
            let broken = ServedFile(path: "model.onnx", digest: world.blobs.keep([1, 2, 3], number: 4), size: 3)
            let huge = ServedFile(path: "model.onnx", digest: model.digest, size: ModelHost.maximumModelBytes + 1)
            let cases: [([ServedFile], String)] = [
                ([], "serving.model.file-missing"), ([model, other], "serving.model.file-ambiguous"),
                ([broken], "serving.model.unreadable"), ([huge], "serving.model.too-large"),
            ]
            for (files, code) in cases {
                world.files.set(files, of: version)
                let problem = await #expect(throws: Problem.self) { _ = try await world.host.model(of: version) }
                #expect(problem?.code == code)
                world.clock.advance(ModelHost.retryAfter)
            }
            let reads = world.blobs.reads
            world.files.set([broken], of: version)
            for _ in 0..<3 { _ = try? await world.host.model(of: version) }
            #expect(world.blobs.reads == reads + 1, "A broken file is not read over and over.")
            world.clock.advance(ModelHost.retryAfter)
            world.files.set([model], of: version)
            _ = try await world.host.model(of: version)
        }
    }
}
