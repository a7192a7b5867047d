// SPDX-License-Identifier: Apache-2.0

import Domain
import TestSupport
import Testing
import Tracking

@Suite struct RunTests {
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("gives runs ids of 32 hexadecimal digits that sort by creation", arguments: TestDatabase.allCases)
    func identifiers(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let ids = [try await world.newRun().id, try await world.newRun().id, try await world.newRun().id]
            #expect(ids == ids.sorted())
            #expect(Set(ids).count == 3)
            #expect(ids.allSatisfy { id in id.utf8.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) } })
        }
    }

    @Test("stores a batch whole or not at all", arguments: TestDatabase.allCases)
    func batchesAreAtomic(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            try await world.runs.log(RunBatch(params: [Tag("depth", "3")]), on: run.id, by: world.caller)
            let batch = RunBatch(
                params: [Tag("rate", "1"), Tag("depth", "4")], metrics: [Metric("loss", 1, time: time(1))], tags: [Tag("t", "v")])
            let problem = try await #require(throws: Problem.self) { try await world.runs.log(batch, on: run.id, by: world.caller) }
            #expect(problem.code == "tracking.param.immutable")
            let after = try await world.runs.get(run.id, by: world.caller)
            #expect(after.params == [Tag("depth", "3")])
            #expect(after.metrics.isEmpty)
            #expect(after.tags.isEmpty)
        }
    }

    @Test("takes the same param again, and refuses two values for one in a batch", arguments: TestDatabase.allCases)
    func params(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            try await world.runs.log(RunBatch(params: [Tag("a", "1"), Tag("a", "1")]), on: run.id, by: world.caller)
            try await world.runs.log(RunBatch(params: [Tag("a", "1")]), on: run.id, by: world.caller)
            await #expect(throws: Problem.self) {
                try await world.runs.log(RunBatch(params: [Tag("b", "1"), Tag("b", "2")]), on: run.id, by: world.caller)
            }
        }
    }

    @Test("drops exact duplicates, keeps the latest by step, time and value, and NaN and infinity", arguments: TestDatabase.allCases)
    func metrics(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let points = [
                Metric("loss", 3, time: time(10), step: 2), Metric("loss", 1, time: time(20), step: 1),
                Metric("loss", 4, time: time(10), step: 2),
                Metric("loss", 9, time: time(9), step: 2), Metric("odd", .nan, time: time(1)), Metric("big", .infinity, time: time(1)),
            ]
            for _ in 0..<2 { try await world.runs.log(RunBatch(metrics: points), on: run.id, by: world.caller) }
            let found = try await world.runs.get(run.id, by: world.caller).metrics
            #expect(found.map(\.key) == ["big", "loss", "odd"])
            #expect(found[0].value == .greatestFiniteMagnitude)
            #expect(found[1] == Metric("loss", 4, time: time(10), step: 2))
            #expect(found[2].value.isNaN)
            let history = try await world.runs.history(of: "loss", in: run.id, after: nil, limit: 100, by: world.caller).items
            #expect(history.map(\.value) == [1, 9, 3, 4])
        }
    }

    @Test("pages a history without gap or repetition", arguments: TestDatabase.allCases)
    func historyPages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let points = (0..<250).map { (index: Int) -> Metric in
                let step = Int64(index / 5)
                return Metric("loss", Double(index % 7), time: time(Int64(index / 3)), step: step)
            }
            try await world.runs.log(RunBatch(metrics: points), on: run.id, by: world.caller)
            let whole = try await world.runs.history(of: "loss", in: run.id, after: nil, limit: 1000, by: world.caller).items
            var paged: [Metric] = []
            var token: PageToken?
            repeat {
                let (items, next) = try await world.runs.history(of: "loss", in: run.id, after: token, limit: 13, by: world.caller)
                paged += items
                token = try next.map { try PageToken($0.text) }
            } while token != nil
            #expect(paged == whole)
            #expect(whole.count == 250)
        }
    }

    @Test("thins long series to common steps with the ends of each", arguments: TestDatabase.allCases)
    func sampling(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let first = try await world.newRun()
            let second = try await world.newRun()
            try await world.runs.log(
                RunBatch(metrics: (0..<1000).map { Metric("loss", 1, time: time(1), step: Int64($0)) }), on: first.id, by: world.caller)
            try await world.runs.log(
                RunBatch(metrics: (300..<777).map { Metric("loss", 1, time: time(1), step: Int64($0)) }), on: second.id, by: world.caller)
            let points = try await world.runs.sampledHistory(
                of: "loss", in: [first.id, second.id], from: nil, through: nil, limit: 50, by: world.caller)
            let steps = Dictionary(grouping: points, by: \.run).mapValues { $0.map(\.metric.step) }
            #expect((50...54).contains(steps[first.id]?.count ?? 0))
            #expect(steps[first.id]?.first == 0)
            #expect(steps[first.id]?.last == 999)
            #expect(steps[second.id]?.first == 300)
            #expect(steps[second.id]?.last == 776)
        }
    }

    @Test("refuses to log on a deleted run until it is restored", arguments: TestDatabase.allCases)
    func deletedRuns(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            try await world.runs.delete(run.id, by: world.caller)
            await #expect(throws: Problem.self) { try await world.runs.log(RunBatch(tags: [Tag("a", "b")]), on: run.id, by: world.caller) }
            try await world.runs.restore(run.id, by: world.caller)
            try await world.runs.log(RunBatch(tags: [Tag("a", "b")]), on: run.id, by: world.caller)
            #expect(try await world.verbs().suffix(2) == ["run.deleted", "run.restored"])
        }
    }

    @Test("records the end of a run once with its status", arguments: TestDatabase.allCases)
    func ending(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let ended = try await world.runs.update(run.id, status: .finished, ended: time(5), by: world.caller)
            #expect(ended.status == .finished)
            #expect(ended.ended == time(5))
            #expect(try await world.verbs().last == "run.finished")
        }
    }

    @Test(
        "refuses malformed keys",
        arguments: [
            "", "a/../b", "/a", "a//b", "a/", ".", "..", "./a", "a/.", "a/..", "/", "a\nb", "a;b", String(repeating: "x", count: 251),
        ])
    func keys(key: String) throws {
        #expect(throws: Problem.self) { try TrackingKey.check(key, of: "metric") }
    }

    @Test(
        "takes the keys that training programs use",
        arguments: ["loss", "val loss", "train/loss", "a-b_c.d:e", "größe", "system/cpu 1", "a/.b/..c", "a."])
    func goodKeys(key: String) throws {
        try TrackingKey.check(key, of: "metric")
    }

    @Test("cuts a long value to a number of characters, whatever their bytes")
    func shortening() {
        #expect(TrackingKey.shortened("aä", to: 1) == "a")
        #expect(TrackingKey.shortened("aä", to: 2) == "aä")
        #expect(TrackingKey.shortened("👍👍", to: 1) == "👍")
    }
}
