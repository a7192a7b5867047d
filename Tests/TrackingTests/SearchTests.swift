// SPDX-License-Identifier: Apache-2.0

import Domain
import TestSupport
import Testing
import Tracking

@Suite struct SearchTests {
    private static let cases: [(String, [Int])] = [
        ("", [0, 1, 2, 3, 4, 5]),
        ("metrics.auc > 0.2", [3, 4, 5]),
        ("metrics.auc >= 0.2 AND metric.auc <= 0.3", [2, 3]),
        ("metrics.auc = 0", [0]),
        ("metrics.nan > -1000000", []),
        ("params.model = 'tree' and metrics.auc != 0.2", [0, 1]),
        ("params.model LIKE 'tr%'", [0, 1, 2]),
        ("params.model LIKE 'f%'", []),
        ("params.model LIKE 'F_rest*[x]'", [3, 4, 5]),
        ("parameters.model ILIKE 'f_REST%'", [3, 4, 5]),
        ("params.`max depth` IN ('1', '4')", [1, 4]),
        ("params.\"max depth\" = '4'", [4]),
        ("tags.team != 'risk'", [0]),
        ("tags.odd IS NOT NULL", [1, 3, 5]),
        ("tags.odd IS NULL AND metrics.auc > 0.1", [2, 4]),
        ("tag.quote = 'it''s'", [2]),
        ("attributes.run_name = 'run-5'", [5]),
        ("run_name LIKE 'run-%' AND attr.start_time > 1003", [4, 5]),
        ("status = 'RUNNING' AND end_time IS NULL", [0, 1, 2, 3, 4, 5]),
        ("dataset.name = 'flights'", [5]),
        ("datasets.context = 'training' AND dataset.digest LIKE 'ab%'", [5]),
        ("params.model = 'x''; DROP TABLE run; --'", []),
    ]

    private func fill(_ world: TrackingWorld) async throws -> (experiment: Int64, runs: [String]) {
        let experiment = try await world.experiments.create("search", by: world.caller).id
        var ids: [String] = []
        for index in 0..<6 {
            let run = try await world.runs.create(
                in: experiment, name: "run-\(index)", started: Timestamp(milliseconds: Int64(1000 + index)), by: world.caller)
            let now = Timestamp(milliseconds: 1)
            var metrics = [Metric("auc", Double(index) / 10, time: now), Metric("nan", .nan, time: now)]
            var tags = [Tag("team", index == 0 ? "fraud" : "risk")]
            if index % 2 == 1 {
                metrics.append(Metric("loss", Double(index), time: now))
                tags.append(Tag("odd", "yes"))
            }
            if index == 0 { metrics.append(Metric("loss", .nan, time: now)) }
            if index == 2 { tags.append(Tag("quote", "it's")) }
            let params = [Tag("model", index < 3 ? "tree" : "Forest*[x]"), Tag("max depth", String(index))]
            try await world.runs.log(RunBatch(params: params, metrics: metrics, tags: tags), on: run.id, by: world.caller)
            ids.append(run.id)
        }
        let dataset = InputDataset(name: "flights", digest: "abc", sourceType: "local", source: "{}", schema: nil, profile: nil)
        try await world.runs.link([RunInput(dataset: dataset, tags: [], context: "training")], to: ids[5], by: world.caller)
        return (experiment, ids)
    }

    @Test("finds what a filter says, the same on both engines", arguments: TestDatabase.allCases)
    func filters(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, runs) = try await fill(world)
            for (filter, expected) in Self.cases {
                let found = try await world.runs.search(
                    filter, in: [experiment], order: ["attributes.start_time"], limit: 100, by: world.caller)
                #expect(found.items.map { runs.firstIndex(of: $0.id) } == expected, "\(filter)")
            }
        }
    }

    @Test("orders with NaN and then missing values last in both directions", arguments: TestDatabase.allCases)
    func orders(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, runs) = try await fill(world)
            for (order, expected) in [("metrics.loss DESC", [5, 3, 1, 0]), ("metrics.loss", [1, 3, 5, 0])] {
                let found = try await world.runs.search("", in: [experiment], order: [order], limit: 100, by: world.caller).items
                #expect(found.prefix(4).map { runs.firstIndex(of: $0.id) } == expected)
                #expect(Set(found.suffix(2).map(\.id)) == [runs[2], runs[4]])
            }
        }
    }

    @Test("pages meet without gap or repetition in any order, also when a run comes between", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, _) = try await fill(world)
            for order in [[], ["metrics.loss DESC"], ["params.model", "metrics.auc DESC"], ["end_time DESC", "tags.odd"]] {
                let whole = try await world.runs.search("", in: [experiment], order: order, limit: 100, by: world.caller).items
                var paged: [Run] = []
                var token: PageToken?
                repeat {
                    let (items, next) = try await world.runs.search(
                        "", in: [experiment], order: order, after: token, limit: 2, by: world.caller)
                    paged += items
                    token = try next.map { try PageToken($0.text) }
                } while token != nil
                #expect(paged.map(\.id) == whole.map(\.id), "\(order)")
            }
            let first = try await world.runs.search("", in: [experiment], limit: 3, by: world.caller)
            _ = try await world.runs.create(in: experiment, name: "newest", by: world.caller)
            let second = try await world.runs.search("", in: [experiment], after: first.next, limit: 10, by: world.caller)
            #expect(Set(first.items.map(\.id)).isDisjoint(with: second.items.map(\.id)))
            #expect(first.items.count + second.items.count == 6)
        }
    }

    @Test("refuses a token of another search", arguments: TestDatabase.allCases)
    func foreignTokens(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let (experiment, _) = try await fill(world)
            let token = try await world.runs.search("", in: [experiment], limit: 2, by: world.caller).next
            await #expect(throws: Problem.self) {
                try await world.runs.search("", in: [experiment], order: ["metrics.auc"], after: token, limit: 2, by: world.caller)
            }
        }
        #expect(throws: Problem.self) { try PageToken("nonsense") }
    }

    @Test("searches experiments by name, tag and time", arguments: TestDatabase.allCases)
    func experiments(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            for name in ["churn-a", "churn-b", "fraud"] {
                world.clock.advance(.seconds(1))
                _ = try await world.experiments.create(name, tags: [Tag("first", String(name.prefix(1)))], by: world.caller)
            }
            func found(_ filter: String, _ order: [String] = ["name"]) async throws -> [String] {
                try await world.experiments.search(filter, order: order, limit: 10, by: world.caller).items.map(\.name)
            }
            #expect(try await found("name LIKE 'churn-%'") == ["churn-a", "churn-b"])
            #expect(try await found("tags.first = 'f'") == ["fraud"])
            #expect(try await found("creation_time > 1700000002000") == ["fraud"])
            #expect(try await found("experiment_id = 2") == ["churn-b"])
            #expect(try await found("", []) == ["fraud", "churn-b", "churn-a", "Default"])
        }
    }
}
