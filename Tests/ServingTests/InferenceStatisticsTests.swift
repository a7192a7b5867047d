// SPDX-License-Identifier: Apache-2.0

import Domain
import Serving
import Testing

@Suite("Statistics of inference")
struct InferenceStatisticsTests {
    @Test("counts requests, rows and times of each version by itself, however many count at once")
    func counting() async {
        let statistics = InferenceStatistics()
        let flights = EndpointName(workspace: "default", name: "flights")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        statistics.countAnswer(
                            of: flights, versions: [3, 4], rows: 2, reading: .nanoseconds(10), computing: .nanoseconds(90),
                            at: Timestamp(milliseconds: 7))
                        statistics.countFailure(of: flights, version: 4, taking: .nanoseconds(5))
                    }
                }
            }
        }
        let third = statistics.counts(of: flights, version: 3)
        #expect([third.answers, third.rows, third.failures] == [800, 1600, 0])
        #expect([third.answerNanoseconds, third.readingNanoseconds, third.computingNanoseconds] == [80_000, 8_000, 72_000])
        #expect(third.last == Timestamp(milliseconds: 7))
        let fourth = statistics.counts(of: flights, version: 4)
        #expect([fourth.answers, fourth.failures, fourth.failureNanoseconds] == [800, 800, 4_000])
        #expect(statistics.counts(of: EndpointName(workspace: "other", name: "flights"), version: 3).answers == 0)
        #expect(statistics.all.count == 2)
    }

    @Test("a failure of a request that asked for no version is counted to the newest")
    func unclearFailures() {
        let statistics = InferenceStatistics()
        let flights = EndpointName(workspace: "default", name: "flights")
        statistics.countFailure(of: flights, version: nil, taking: .nanoseconds(5))
        statistics.countFailure(of: flights, version: 3, taking: .nanoseconds(7))
        let counts = statistics.counts(of: flights, versions: [3, 4])
        #expect(counts.map(\.version) == [3, 4])
        #expect(counts.map(\.counts.failures) == [1, 1])
        #expect(counts.map(\.counts.failureNanoseconds) == [7, 5])
    }

    @Test("served endpoints count answers, leave out what the client got wrong, and list what is in memory")
    func served() async throws {
        try await World.with { world in
            world.onlyFirst()
            let served = ServedEndpoints(
                inference: world.inference, endpoints: Endpoints(governor: world.governor), host: world.host,
                statistics: InferenceStatistics(), clock: world.clock)
            let features = try Fixtures.expected().features(3)
            _ = try await served.infer("tumours", InferenceRequest(inputs: [features]), since: .now, by: world.caller)
            await #expect(throws: Problem.self) {
                try await served.infer("tumours", InferenceRequest(inputs: []), since: .now, by: world.caller)
            }
            let counts = try await served.counts(of: "tumours", by: world.caller)
            #expect(counts.map(\.version) == [1])
            #expect(counts.map(\.counts.answers) == [1])
            #expect(counts.map(\.counts.rows) == [3])
            #expect(counts.map(\.counts.failures) == [0])
            try await served.load("tumours", by: world.caller)
        }
    }

    @Test("a model that no split names is let go of at once, one that a split names stays")
    func lettingGo() async throws {
        try await World.with { world in
            _ = try await world.host.model(of: World.first)
            _ = try await world.host.model(of: World.second)
            await world.host.keep([World.first], at: world.clock.now())
            await world.host.letGo(of: [World.first, World.second])
            #expect(await world.host.loadedVersions == [World.first])
        }
    }
}
