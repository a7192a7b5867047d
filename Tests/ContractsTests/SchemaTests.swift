// SPDX-License-Identifier: Apache-2.0

import Contracts
import Domain
import Foundation
import TestSupport
import Testing
import Tracking

@Suite struct SchemaTests {
    static let types = ContractColumn.DataType.allCases

    @Test("a change of type is classified by what who reads the column loses", arguments: types)
    func typeChanges(before: ContractColumn.DataType) {
        let compatible: [[ContractColumn.DataType]] = [[.number, .integer]]
        let look: [[ContractColumn.DataType]] = [[.integer, .number], [.date, .time], [.time, .date]]
        for after in Self.types {
            let evolution = SchemaEvolution(from: [ColumnFacts(name: "a", type: before)], to: [ColumnFacts(name: "a", type: after)])
            let expected: SchemaEvolution.Classification =
                before == after || compatible.contains([before, after])
                ? .compatible : look.contains([before, after]) ? .needsALook : .breaking
            #expect(evolution.classification == expected, "\(before) → \(after)")
            #expect(evolution.columns[0].reasons.isEmpty == (before == after))
        }
    }

    @Test("columns that come, go, move, empty or fill have their reasons; the gravest decides")
    func columns() {
        func facts(_ name: String, nulls: Int64? = 0, isEmpty: Bool = false, categories: Set<String>? = nil) -> ColumnFacts {
            ColumnFacts(name: name, type: .text, nulls: nulls, isEmpty: isEmpty, categories: categories)
        }
        let before = [
            facts("a"), facts("b"), facts("gone"), facts("Case"), facts("null"), facts("emptied"), facts("filled", isEmpty: true),
            facts("set", categories: ["x", "y"]),
        ]
        let after = [
            facts("b"), facts("a"), facts("case"), facts("null", nulls: 3), facts("emptied", isEmpty: true), facts("filled"),
            facts("set", categories: ["x", "z"]),
        ]
        let evolution = SchemaEvolution(from: before, to: after)
        #expect(
            evolution.columns.map { "\($0.name) \($0.change.rawValue) \($0.classification.rawValue)" } == [
                "b changed needs-a-look", "a changed needs-a-look", "case added compatible", "null changed needs-a-look",
                "emptied changed breaking", "filled changed needs-a-look", "set changed needs-a-look", "gone removed breaking",
                "Case removed breaking",
            ])
        #expect(evolution.columns[6].reasons == ["1 of its 2 values were not there before."])
        #expect(evolution.columns[8].reasons.last == "'case' differs in case only.")
        #expect(evolution.classification == .breaking)
        let added = SchemaEvolution(from: [facts("a")], to: [facts("a"), facts("b")])
        #expect(added.classification == .compatible)
        #expect(SchemaEvolution(from: [], to: []).classification == .compatible)
    }

    @Test("a draft from a profile is kept by its snapshot, and the same from Parquet", arguments: TestDatabase.allCases)
    func drafts(engine: TestDatabase) async throws {
        try await ContractsWorld.with(engine) { world in
            let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let csv = Array(try Data(contentsOf: project.appending(path: "Golden/contracts/flights.csv")))
            let snapshot = try await world.record(csv, as: "flights", file: "flights.csv")
            let draft = try await world.contracts.draft(from: snapshot.id, by: world.caller)
            let document = try DataContractKind.specification(inFile: draft.text)
            #expect(document == draft.specification)
            #expect(document["carrier"]?.oneOf?.isEmpty == false)
            #expect(document["event_time"]?.type == .time)
            #expect(document["pressure"]?.nulls ?? 0 > 0)
            _ = try await world.contracts.apply(document, by: world.caller)
            let report = try await world.contracts.check("flights", snapshot.id, by: world.caller)
            #expect(report.outcome == .passed, "\(report.findings.faults)")
            #expect(report.findings.rows == 400)
            #expect(report.findings.findings.count > 40)

            let bytes = try await Bench.parquet(
                "SELECT range AS id, 'c' || (range % 3) AS c, CASE WHEN range % 10 > 0 THEN range / 7.0::DOUBLE END AS x, "
                    + "TIMESTAMP '2024-01-01' AS t, NULL::INT AS nothing FROM range(100)")
            let parquet = try await world.record(bytes, as: "made", file: "made.parquet")
            let other = try await world.contracts.draft(from: parquet.id, named: "other", by: world.caller)
            #expect(other.text.contains("name: other"))
            #expect(other.specification["c"]?.oneOf == ["c0", "c1", "c2"])
            #expect(other.specification["x"]?.nulls == 0.15)
            #expect(other.specification["nothing"]?.type == nil)
            _ = try await world.contracts.apply(other.specification, by: world.caller)
            #expect(try await world.contracts.check("other", parquet.id, by: world.caller).outcome == .passed)
            let evolution = try await world.contracts.evolution(from: snapshot.id, to: parquet.id, by: world.caller)
            #expect(evolution.classification == .breaking)
            #expect(DataContracts.evolution(from: snapshot, to: snapshot)?.classification == .compatible)
            #expect(DataContracts.evolution(from: snapshot, to: parquet) == nil)
        }
    }
}
