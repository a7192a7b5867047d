// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@testable import Serving

@Suite("Models in processes of their own", .timeLimit(.minutes(5)))
struct ReplicaPoolTests {
    private func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem ?? Problem(.internal, "test", "\(error)")
        }
    }

    @Test("answer, also many calls at once; nothing of them is left when they are stopped")
    func answers() async throws {
        let folder = try await {
            nonisolated(unsafe) var folder = ""
            try await ServerWorld.with { world in
                folder = world.folder
                let answer = try await world.double(1, 2)
                #expect(answer == [2, 4])
                try await withThrowingTaskGroup(of: [Float].self) { group in
                    for _ in 0..<30 { group.addTask { try await world.double(3) } }
                    for try await answer in group { #expect(answer == [6]) }
                }
                #expect(world.servers.statuses.map(\.condition) == [.ready])
                #expect(world.conditions.all == [.starting, .ready])
            }
            return folder
        }()
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("may listen on a socket instead of a port")
    func socket() async throws {
        var settings = ServerWorld.settings
        settings.command[2] = "{socket}"
        try await ServerWorld.with(settings) { world in
            let answer = try await world.double(1)
            #expect(answer == [2])
        }
    }

    @Test("hold calls back until the first replica answers, and refuse those that are too many")
    func holding() async throws {
        var settings = ServerWorld.settings
        settings.scaling.minimum = 0
        settings.waitingCalls = 3
        settings.waitLimit = .seconds(2)
        try await ServerWorld.with(mode: "silent", settings) { world in
            #expect(world.pool.status.replicas == 0)
            let codes = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<5 { group.addTask { await problem { _ = try await world.double(1) }?.code } }
                return await group.reduce(into: [String: Int]()) { $0[$1 ?? "", default: 0] += 1 }
            }
            #expect(codes == ["serving.server.busy": 2, "serving.server.late": 3])
            let busy = world.pool.status
            #expect(busy.waiting == 0)
            #expect(busy.replicas == 1, "It was started for them.")
        }
    }

    @Test("start with the first call and stop when nobody calls any more")
    func zero() async throws {
        var settings = ServerWorld.settings
        settings.scaling.minimum = 0
        settings.scaling.stableWindow = .milliseconds(500)
        settings.scaling.panicWindow = .milliseconds(100)
        settings.scaling.idleLimit = .milliseconds(500)
        try await ServerWorld.with(settings) { world in
            let first = try await world.double(1)
            try await world.until { world.pool.status.replicas == 0 }
            #expect(world.pool.status.condition == .idle)
            let second = try await world.double(2)
            #expect(first + second == [2, 4])
        }
    }

    @Test("become more while many calls run")
    func more() async throws {
        var settings = ServerWorld.settings
        settings.scaling.concurrency = 1
        settings.scaling.maximum = 3
        try await ServerWorld.with(settings) { world in
            try await withThrowingTaskGroup(of: [Float].self) { group in
                for _ in 0..<6 { group.addTask { try await world.double(-3) } }
                try await world.until { world.pool.status.ready == 3 && world.written("held").count == 3 }
                try Data().write(to: URL(fileURLWithPath: world.pool.launch.modelFolder + "/go"))
                for try await answer in group { #expect(answer == [-6]) }
            }
        }
    }

    @Test("that hang on a call are late with that one, and go on with others")
    func late() async throws {
        var settings = ServerWorld.settings
        // Far more than a call that does not hang needs, however busy the machine is.
        settings.callLimit = .seconds(2)
        settings.healthLimit = .seconds(10)
        try await ServerWorld.with(settings) { world in
            let late = await problem { _ = try await world.double(-1) }
            #expect(late?.code == "serving.server.late")
            #expect(late?.kind == .unavailable)
            let answer = try await world.double(1)
            #expect(answer == [2])
        }
    }

    @Test("that hang altogether are ended and replaced")
    func hanging() async throws {
        var settings = ServerWorld.settings
        settings.callLimit = .milliseconds(300)
        settings.healthLimit = .milliseconds(200)
        try await ServerWorld.with(mode: "hang-all", settings) { world in
            let first = try await world.firstProcess()
            let problem = await problem { _ = try await world.double(1) }
            #expect(problem?.kind == .unavailable)
            try await world.until { world.process().map { $0 != first } ?? false && world.pool.status.ready == 1 }
            #expect(world.pool.status.complaint == "It did not answer 3 health checks in a row.")
            #expect(kill(first, 0) != 0)
        }
    }

    @Test("that are killed while they answer are replaced, and the calls are asked again")
    func killed() async throws {
        try await ServerWorld.with { world in
            try await withThrowingTaskGroup(of: [Float].self) { group in
                for _ in 0..<6 { group.addTask { try await world.double(-3, 5) } }
                try await world.until { world.written("held").count == 6 }
                let process = try await world.firstProcess()
                kill(process, SIGKILL)
                try await world.until { world.process().map { $0 != process } ?? false }
                try Data().write(to: URL(fileURLWithPath: world.pool.launch.modelFolder + "/go"))
                for try await answer in group { #expect(answer == [-6, 10]) }
            }
        }
    }

    @Test("that end again and again are a crash loop: calls are refused at once with what it last said")
    func crashLoop() async throws {
        try await ServerWorld.with(mode: "crash") { world in
            // Held until it is known that there is no hope.
            let held = await problem { _ = try await world.double(1) }
            #expect(held?.code == "serving.server.crash-looping")
            #expect(held?.why == "The last thing it said: the model cannot be read")
            #expect(held?.kind == .unavailable)
            #expect(world.pool.status.failures >= 3)
            let next = await problem { _ = try await world.double(1) }
            #expect(next?.code == "serving.server.crash-looping")
            // Told with the pool's next turn.
            try await world.until { world.conditions.all.contains(.crashLooping) }
        }
    }

    @Test("that cannot be started at all are a crash loop too")
    func missing() async throws {
        var settings = ServerWorld.settings
        settings.command[0] = "no-such-program"
        try await ServerWorld.with(settings) { world in
            let problem = await problem { _ = try await world.double(1) }
            #expect(problem?.code == "serving.server.crash-looping")
            #expect(problem?.why?.contains("no-such-program") == true)
        }
    }

    @Test("that take more memory than they may are ended and replaced")
    func leaking() async throws {
        var settings = ServerWorld.settings
        settings.memoryBytes = 512 << 20
        try await ServerWorld.with(mode: "leak", settings) { world in
            try await world.until { world.pool.status.ready == 1 }
            let first = try await world.firstProcess()
            let problem = await problem { _ = try await world.double(1) }
            #expect(problem?.kind == .unavailable)
            try await world.until { world.process().map { $0 != first } ?? false && world.pool.status.ready == 1 }
        }
    }

    @Test("that answer garbage fail the call, saying what is wrong, and nothing else")
    func garbage() async throws {
        try await ServerWorld.with(mode: "garbage") { world in
            let cases: [(Float, String)] = [
                (-10, "has 7 rows; 1 were asked about"), (-11, "datatype INT64"), (-12, "is \"a\", not FP32"), (-13, "left out 'y'"),
                (-14, "3 elements"),
                (-15, "no name, shape or data"), (-16, "no JSON"), (-17, "no list 'outputs'"), (-18, "status 302"),
            ]
            for (value, text) in cases {
                let problem = await problem { _ = try await world.double(value) }
                #expect(problem?.code == "serving.server.garbled")
                #expect(problem?.kind == .internal)
                #expect(problem?.why?.contains(text) == true, "\(problem?.why ?? "")")
            }
            let answer = try await world.double(1)
            #expect(answer == [2])
        }
    }

    @Test("say what their server says of inputs it refuses, and of a model that fails; inputs that do not fit never reach it")
    func refusals() async throws {
        try await ServerWorld.with { world in
            let refused = await problem { _ = try await world.double(-4) }
            #expect(refused?.kind == .invalid)
            #expect(refused?.why == "It says (400): x is -4")
            let failed = await problem { _ = try await world.double(-5) }
            #expect(failed?.code == "serving.model.failed")
            let wrong = await problem {
                _ = try await world.pool.infer([Tensor(name: "x", shape: [1], values: .int64([1]))], outputs: nil)
            }
            #expect(wrong?.code == "serving.input.datatype")
        }
    }
}
