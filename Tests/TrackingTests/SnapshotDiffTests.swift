// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import Statistics
import TestSupport
import Testing

@testable import Tracking

@Suite struct SnapshotDiffTests {
    private static func snapshot(_ text: String, _ name: String = "a.csv") async throws -> Snapshot {
        var profiler = SnapshotProfiler()
        try await profiler.read(Chunks([Array(text.utf8)]), of: name)
        let (columns, profile) = profiler.result()
        let digest = BlobDigest(sha256: SHA256.hash(data: Data(text.utf8)))
        return Snapshot(
            id: digest.hexadecimal, dataset: "d", ordinal: 1, recorded: Timestamp(milliseconds: 0), author: "user:a",
            labels: try SnapshotLabels(jurisdiction: nil, classifications: []),
            files: [SnapshotFile(name: name, digest: digest, size: Int64(text.utf8.count))], rowCount: profile.rowCount, columns: columns,
            profile: profile)
    }

    private static func column(_ values: [String]) -> String { "x,i\n" + values.map { "\($0),1\n" }.joined() }

    private static func shift(_ before: [String], _ after: [String]) async throws -> SnapshotDiff.Column {
        let diff = SnapshotDiff(from: try await snapshot(column(before)), to: try await snapshot(column(after)))
        return try #require(diff.columns.first)
    }

    @Test("names columns that came, went and changed their type; files and rows")
    func schema() async throws {
        let before = try await Self.snapshot("a,b,c\n1,x,2\n2,y,3\n")
        let after = try await Self.snapshot("b,c,d\nx,2.5,9\ny,3,8\nz,,7\n", "b.csv")
        let diff = SnapshotDiff(from: before, to: after)
        #expect(diff.columns.map(\.name) == ["b", "c", "d", "a"])
        #expect(diff.columns.map(\.change) == [.kept, .typeChanged, .added, .removed])
        #expect((diff.rowsBefore, diff.rowsAfter) == (2, 3))
        #expect((diff.filesAdded, diff.filesRemoved, diff.filesChanged) == (["b.csv"], ["a.csv"], []))
        #expect(diff.columns[0].shift?.newCategories == ["z"])
        #expect(diff.columns[1].before?.nullShare == 0)
        #expect(abs((diff.columns[1].after?.nullShare ?? 0) - 1.0 / 3) < 1e-12)
        #expect((diff.columns[1].before?.minimum, diff.columns[1].after?.maximum) == (2, 3))
        #expect(diff.columns[2].before == nil && diff.columns[3].after == nil)
    }

    @Test("of a snapshot and itself is nothing")
    func same() async throws {
        let snapshot = try await Self.snapshot("a,b\n1,x\n2,y\n3,\n")
        let diff = SnapshotDiff(from: snapshot, to: snapshot)
        #expect(diff.columns.allSatisfy { $0.change == .kept && $0.shift?.stability.value == 0 && $0.shift?.isInterpolated == false })
        #expect(diff.filesAdded + diff.filesRemoved + diff.filesChanged == [])
    }

    /// Reference: proportions of the raw values in the earlier deciles, by hand. Uniform 0…9999 against 2000…11999: two bins of ten are
    /// empty (raised to 1e-4), the last holds 0.3, so 2(1e-4 − 0.1)ln(1e-4 / 0.1) + 0.2 ln 3 = 1.59989.
    @Test("lays later numbers into earlier deciles")
    func moved() async throws {
        let column = try await Self.shift((0..<10_000).map(String.init), (2_000..<12_000).map(String.init))
        let shift = try #require(column.shift)
        #expect(shift.isInterpolated)
        #expect(abs(shift.stability.value - 1.59989) < 0.01)
        let unmoved = try await Self.shift((0..<10_000).map(String.init), (0..<10_000).map { String((Double($0) + 0.5)) })
        #expect(try #require(unmoved.shift).stability.value < 1e-4)
    }

    /// 0.9/0.1 against 0.5/0.5: 0.4 ln 9 = 0.87889.
    @Test("is exact for few distinct numbers", arguments: [false, true])
    func fewValues(isText: Bool) async throws {
        func values(_ zeros: Int) -> [String] { (0..<1000).map { $0 < zeros ? (isText ? "no" : "0") : (isText ? "yes" : "1") } }
        let shift = try #require(try await Self.shift(values(900), values(500)).shift)
        #expect(abs(shift.stability.value - 0.878_889_830) < 1e-6)
    }

    @Test("handles a constant column, and one without values")
    func constant() async throws {
        let same = try await Self.shift(Array(repeating: "5", count: 100), Array(repeating: "5", count: 50))
        #expect(same.shift?.stability.value == 0)
        let moved = try await Self.shift(Array(repeating: "5", count: 100), Array(repeating: "6", count: 50))
        #expect((moved.shift?.stability.value ?? 0) > 5)
        let empty = try await Self.shift(["1", "2"], ["", ""])
        #expect(empty.shift == nil && empty.after?.nullShare == 1)
        #expect(empty.change == .typeChanged)
    }

    @Test("tags a snapshot, on the ledger; other workspaces do not see it", arguments: TestDatabase.allCases)
    func tags(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let blob = try await world.put("a\n1\n")
            let snapshot = try await world.snapshots.record(dataset: "d", files: [("a.csv", blob)], jurisdiction: nil, by: world.caller)
            try await world.snapshots.setTag(Tag("quality/checked", "yes"), on: snapshot.id, by: world.caller)
            try await world.snapshots.setTag(Tag("quality/checked", "no"), on: snapshot.id, by: world.caller)
            try await world.snapshots.setTag(Tag("b", "2"), on: snapshot.id, by: world.caller)
            try await world.snapshots.deleteTag("b", of: snapshot.id, by: world.caller)
            #expect(try await world.snapshots.tags(of: [snapshot.id], by: world.caller) == [snapshot.id: [Tag("quality/checked", "no")]])
            #expect(try await world.verbs().filter { $0.contains("tagged") }.count == 4)
            await #expect(throws: Problem.self) { try await world.snapshots.deleteTag("b", of: snapshot.id, by: world.caller) }
            await #expect(throws: Problem.self) { try await world.snapshots.setTag(Tag("a", "1"), on: "none", by: world.caller) }
            let elsewhere = Caller.controller("tests", in: "other")
            #expect(try await world.snapshots.tags(of: [snapshot.id], by: elsewhere).isEmpty)
        }
    }
}
