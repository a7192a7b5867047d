// SPDX-License-Identifier: Apache-2.0

import Domain
import TestSupport
import Testing
import Tracking

/// More runs than a search looks up one by one, so that each of its ways through the indexes is taken.
@Suite("Ways of a search") struct RunSearchTests {
    private static let count = 900

    /// Values repeat; every ninth run has a NaN, every tenth no value.
    private static func auc(_ index: Int) -> Double? {
        index % 10 == 0 ? nil : index % 9 == 0 ? .nan : Double((index * 7) % 100) / 100
    }

    private func fill(_ world: TrackingWorld) async throws -> (experiment: Int64, runs: [String]) {
        let experiment = try await world.experiments.create("many", by: world.caller).id
        let runs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for index in 0..<Self.count {
                group.addTask {
                    let run = try await world.runs.create(
                        in: experiment, name: "run", started: Timestamp(milliseconds: Int64(index)), by: world.caller)
                    let metrics = Self.auc(index).map { [Metric("auc", $0, time: Timestamp(milliseconds: 1))] } ?? []
                    let params = [
                        Tag("depth", "1"), Tag("seed", "\(index)"), Tag("long", String(repeating: "x", count: 150) + "\(index % 2)"),
                    ]
                    try await world.runs.log(RunBatch(params: params, metrics: metrics), on: run.id, by: world.caller)
                    return (index, run.id)
                }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        return (experiment, (0..<Self.count).compactMap { runs[$0] })
    }

    /// By value in the given direction, then NaN, then nothing; equals by id.
    private static func expected(_ runs: [String], descending: Bool, where holds: (Int) -> Bool) -> [String] {
        func place(_ index: Int) -> (Int, Double, String) {
            guard let value = auc(index) else { return (2, 0, runs[index]) }
            return value.isNaN ? (1, 0, runs[index]) : (0, descending ? -value : value, runs[index])
        }
        return runs.indices.filter(holds).sorted { place($0) < place($1) }.map { runs[$0] }
    }

    @Test(
        "an order by a metric is the same whether it is walked, looked up or sorted, and over all pages", arguments: TestDatabase.allCases)
    func order(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, runs) = try await fill(world)
            let cases: [(String, (Int) -> Bool)] = [
                ("params.depth = '1'", { _ in true }),
                ("params.depth = '1' AND metrics.auc > 0.5", { (Self.auc($0) ?? 0) > 0.5 }),
                ("metrics.auc IS NOT NULL", { Self.auc($0) != nil }),
                ("metrics.auc IS NULL", { Self.auc($0) == nil }),
                ("params.seed = '17'", { $0 == 17 }),
                ("params.long = '\(String(repeating: "x", count: 150))1'", { $0 % 2 == 1 }),
                ("params.long = '\(String(repeating: "x", count: 150))2'", { _ in false }),
            ]
            for (filter, holds) in cases {
                for descending in [false, true] {
                    var found: [String] = []
                    var token: PageToken?
                    repeat {
                        let (page, next) = try await world.runs.search(
                            filter, in: [experiment], order: ["metrics.auc \(descending ? "DESC" : "ASC")"], after: token, limit: 250,
                            by: world.caller)
                        found += page.map(\.id)
                        token = next
                    } while token != nil
                    #expect(found == Self.expected(runs, descending: descending, where: holds), "\(filter), descending: \(descending)")
                }
            }
        }
    }

    @Test("a chart of an uneven series keeps its ends and about as many steps as asked for", arguments: TestDatabase.allCases)
    func unevenSeries(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let run = try await world.newRun()
            let steps = (0..<500).map(Int64.init) + [Int64.max - 1]
            let metrics = steps.map { Metric("loss", Double($0), time: Timestamp(milliseconds: 1), step: $0) }
            try await world.runs.log(RunBatch(metrics: metrics), on: run.id, by: world.caller)
            let points = try await world.runs.sampledHistory(
                of: "loss", in: [run.id], from: nil, through: nil, limit: 50, by: world.caller)
            #expect((50...53).contains(points.count))
            #expect(points.first?.metric.step == 0)
            #expect(points.last?.metric.step == Int64.max - 1)
            let all = try await world.runs.sampledHistory(
                of: "loss", in: [run.id], from: 10, through: 40, limit: 50, by: world.caller)
            #expect(all.map(\.metric.step) == Array(10...40))
        }
    }
}
