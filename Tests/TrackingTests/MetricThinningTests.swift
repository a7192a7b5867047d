// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing

@testable import Tracking

@Suite struct MetricThinningTests {
    private static func thin(_ values: [Double], to limit: Int) -> [Metric] {
        var thinning = MetricThinning(count: values.count, limit: limit)
        for (step, value) in values.enumerated() { thinning.add(Metric("m", value, time: Timestamp(milliseconds: 0), step: Int64(step))) }
        return thinning.points
    }

    @Test("keeps a series that is short enough as it is", arguments: [0, 1, 2, 4, 5])
    func short(count: Int) {
        let values = (0..<count).map(Double.init)
        #expect(Self.thin(values, to: 5).map(\.value) == values)
    }

    @Test("keeps ends, smallest and largest value, order and limit, whatever the series", arguments: [4, 5, 10, 97, 1000])
    func extremes(limit: Int) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var state = seed
            let values = (0..<5_000).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Double(state >> 33)
            }
            let thinned = Self.thin(values, to: limit)
            #expect(thinned.count <= limit, "seed \(seed)")
            #expect(thinned.first?.value == values.first && thinned.last?.step == 4_999, "seed \(seed)")
            #expect(thinned.map(\.value).max() == values.max() && thinned.map(\.value).min() == values.min(), "seed \(seed)")
            #expect(zip(thinned, thinned.dropFirst()).allSatisfy { $0.step < $1.step }, "seed \(seed)")
        }
    }

    @Test("keeps a single spike of a flat series, and prefers numbers to what is none")
    func spike() {
        var values = [Double](repeating: 1, count: 100_000)
        values[77_777] = 9
        values[10] = .nan
        let thinned = Self.thin(values, to: 50)
        #expect(thinned.contains { $0.step == 77_777 && $0.value == 9 })
        #expect(thinned.count <= 50)
    }

    @Test("thins a stored series and says how long it is", arguments: TestDatabase.allCases)
    func stored(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            for start in [0, 1000, 2000] as [Int64] {
                let metrics = (start..<start + 1000).map { step in
                    Metric("val/loss", step == 1234 ? -5 : Double(step), time: world.governor.clock.now(), step: step)
                }
                try await world.runs.log(RunBatch(metrics: metrics), on: run.id, by: world.caller)
            }
            let (points, count) = try await world.runs.thinnedHistory(of: "val/loss", in: run.id, limit: 20, by: world.caller)
            #expect(count == 3000)
            #expect(points.count <= 20)
            #expect(points.contains { $0.step == 1234 && $0.value == -5 })
            await #expect(throws: Problem.self) {
                try await world.runs.thinnedHistory(of: "none", in: run.id, limit: 20, by: world.caller)
            }
        }
    }
}
