// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Statistics
import TestSupport
import Testing
import Tracking

@Suite struct SnapshotTests {
    private func record(
        _ files: [(String, String)], dataset: String = "flights", jurisdiction: String? = "US", in world: TrackingWorld
    ) async throws -> Snapshot {
        var blobs: [(name: String, blob: BlobInfo)] = []
        for (name, text) in files { blobs.append((name, try await world.put(text))) }
        return try await world.snapshots.record(
            dataset: dataset, files: blobs, jurisdiction: jurisdiction, classifications: ["public"], by: world.caller)
    }

    @Test("gives the same files the same snapshot, whatever their order", arguments: TestDatabase.allCases)
    func idempotence(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let files = [("a.csv", "x,y\n1,2\n"), ("b.csv", "x,y\n3,4\n")]
            let first = try await record(files, in: world)
            world.clock.advance(.seconds(60))
            let again = try await record(files.reversed(), in: world)
            #expect(again == first)
            #expect(first.rowCount == 2)
            #expect(first.ordinal == 1)
            #expect(try await world.snapshots.get(first.id, by: world.caller) == first)
            let other = try await record([("a.csv", "x,y\n1,2\n")], in: world)
            #expect(other.ordinal == 2)
            #expect(other.id != first.id)
            let elsewhere = try await record(files, dataset: "other", in: world)
            #expect(elsewhere.id != first.id)
            #expect(try await world.snapshots.latest("flights", offset: 1, count: 5, by: world.caller).map(\.id) == [first.id])
            #expect(try await world.snapshots.datasets(by: world.caller).items == ["flights", "other"])
            let page = try await world.snapshots.list("flights", limit: 1, by: world.caller)
            #expect(page.items.map(\.ordinal) == [2])
            #expect(try await world.snapshots.list("flights", before: page.next, by: world.caller).items.map(\.ordinal) == [1])
            #expect(try await world.verbs() == Array(repeating: "snapshot.recorded", count: 3))
        }
    }

    @Test("makes one snapshot of the same files recorded at once", arguments: TestDatabase.allCases)
    func concurrency(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let snapshots = try await withThrowingTaskGroup(of: Snapshot.self) { group in
                for index in 0..<8 {
                    group.addTask { try await record([("a.csv", "x\n\(index % 2)\n")], in: world) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(snapshots.map(\.id)).count == 2)
            #expect(Set(snapshots.map(\.ordinal)) == [1, 2])
        }
    }

    @Test("refuses other labels for the same files", arguments: TestDatabase.allCases)
    func labels(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            _ = try await record([("a.csv", "x\n1\n")], jurisdiction: "EU", in: world)
            let problem = try await #require(throws: Problem.self) {
                try await record([("a.csv", "x\n1\n")], jurisdiction: "US", in: world)
            }
            #expect(problem.kind == .conflict)
        }
    }

    @Test("keeps files that are no CSV without a profile, and does not mix them", arguments: TestDatabase.allCases)
    func otherFiles(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let snapshot = try await record([("a.parquet", "PAR1")], in: world)
            #expect(snapshot.profile == nil)
            #expect(snapshot.rowCount == nil)
            await #expect(throws: Problem.self) { try await record([("a.parquet", "PAR1"), ("b.csv", "x\n1\n")], in: world) }
            let absent = BlobInfo(digest: BlobDigest(sha256: [UInt8](repeating: 7, count: 32)), size: 1, time: Timestamp(milliseconds: 0))
            await #expect(throws: Problem.self) {
                try await world.snapshots.record(dataset: "x", files: [("a.bin", absent)], jurisdiction: nil, by: world.caller)
            }
        }
    }

    @Test(
        "names file, line and column of what is wrong",
        arguments: [
            ("x,y\n1,2\n1\n", "line 3", "column 'y' has no field"), ("x,y\n1,2,3\n", "line 2", "field 3 belongs to no column"),
            ("x,x\n1,2\n", "line 1", "column 'x' stands twice"), ("x,\n1,2\n", "line 1", "column 2 has no name"),
            ("x\n\"a\nb\n", "line 2", "not closed"), ("x,y\n\"a\"b,2\n", "line 2", "closing quote of field 1"),
        ])
    func malformed(text: String, line: String, why: String) async throws {
        try await TrackingWorld.with(.sqlite) { world in
            let problem = try await #require(throws: Problem.self) { try await record([("a.csv", text)], in: world) }
            #expect(problem.code == "tracking.snapshot.csv-malformed")
            #expect(problem.what.contains("a.csv"))
            #expect(problem.what.contains(line))
            #expect(problem.why?.contains(why) == true, "\(problem)")
        }
    }

    @Test("profiles a year of flights as numpy does, from gzip, and estimates what it does not count")
    func flights() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let golden = try JSONDecoder().decode(
            GoldenProfile.self, from: Data(contentsOf: root.appending(path: "Golden/profile/flights.json")))
        let data = try Data(contentsOf: root.deletingLastPathComponent().appending(path: "Examples/flights/data/flights.csv.gz"))
        try await TrackingWorld.with(.sqlite) { world in
            let blob = try await world.blobs.put(Chunks([Array(data)]), limit: 1 << 30)
            let snapshot = try await world.snapshots.record(
                dataset: "flights", files: [("flights.csv.gz", blob)], jurisdiction: "US", by: world.caller)
            #expect(snapshot.rowCount == golden.rows)
            let profile = try #require(snapshot.profile)
            #expect(Set(profile.columns.map(\.name)) == Set(golden.columns.keys))
            for column in profile.columns { try golden.columns[column.name]?.check(column) }
        }
    }
}

/// What `Tests/Golden/profile/make_profile.py` found.
private struct GoldenProfile: Decodable {
    struct Column: Decodable {
        var nulls: Int64
        var distinct: Int64
        var type: String
        var minimum: Double?
        var maximum: Double?
        var mean: Double?
        var deviation: Double?
        var edges: [Double]?
        var counts: [Int]?
        var top: [TopValue]?

        func check(_ column: ColumnProfile) throws {
            #expect(column.type.rawValue == type, "\(column.name)")
            #expect(column.nulls == nulls, "\(column.name)")
            if column.isDistinctEstimated {
                // Three standard errors of 2^12 registers.
                #expect(
                    abs(Double(column.distinct - distinct)) < 0.049 * Double(distinct), "\(column.name): \(column.distinct) for \(distinct)"
                )
            } else {
                #expect(column.distinct == distinct, "\(column.name)")
            }
            if let top {
                #expect(column.topValues?.map(\.value) == top.map(\.value))
                #expect(column.topValues?.map(\.count) == top.map(\.count))
                #expect(column.categories?.valueCount == column.topValues.map { _ in 134_568 - Int(nulls) })
            }
            guard let minimum, let maximum, let mean, let deviation, let edges else { return }
            let numbers = try #require(column.numbers)
            #expect(!numbers.isSampled)
            #expect(numbers.minimum == minimum)
            #expect(numbers.maximum == maximum)
            #expect(abs(numbers.mean - mean) <= 1e-9 * abs(mean))
            #expect(abs((numbers.deviation ?? 0) - deviation) <= 1e-9 * deviation)
            #expect(numbers.distribution.bins.edges.count == edges.count)
            for (edge, expected) in zip(numbers.distribution.bins.edges, edges) { #expect(abs(edge - expected) <= 1e-9 * abs(expected)) }
            #expect(numbers.distribution.counts == counts)
        }
    }

    struct TopValue: Decodable {
        var value: String
        var count: Int64

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            value = try container.decode(String.self)
            count = try container.decode(Int64.self)
        }
    }

    var rows: Int64
    var columns: [String: Column]
}
