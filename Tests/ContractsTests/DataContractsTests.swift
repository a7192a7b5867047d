// SPDX-License-Identifier: Apache-2.0

import Backends
import Contracts
import Domain
import Foundation
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct DataContractsTests {
    @Test("reports are kept with the snapshot and told to the ledger; a new revision has none", arguments: TestDatabase.allCases)
    func reports(engine: TestDatabase) async throws {
        try await ContractsWorld.with(engine) { world in
            let good = try await world.record("id,age\n1,30\n2,40\n", as: "people")
            let bad = try await world.record("id,age\n1,30\n1,-4\n", as: "people")
            var contract = ContractSpecification(
                name: "people", dataset: "people",
                columns: [ContractColumn("id", .integer, isUnique: true), ContractColumn("age", .integer, range: ValueRange(from: 0))])
            #expect(try await world.contracts.apply(contract, by: world.caller).revision == 1)
            #expect(try await world.contracts.apply(contract, by: world.caller).revision == 1)
            let first = try await world.contracts.check("people", good.id, by: world.caller)
            let second = try await world.contracts.check("people", bad.id, by: world.caller)
            #expect([first.outcome, second.outcome] == [.passed, .failed])
            #expect(second.findings.faults == ["unique id failed", "range age failed"])
            #expect(try await world.contracts.report(second.id, by: world.caller) == second)
            #expect(try await world.contracts.reports(contract: "people", by: world.caller).map(\.id) == [second.id, first.id])
            #expect(try await world.contracts.reports(snapshot: good.id, by: world.caller).map(\.id) == [first.id])
            #expect(try await world.contracts.reports(before: second.id, limit: 1, by: world.caller).map(\.id) == [first.id])
            #expect(try await world.contracts.standing(of: "people", on: good.id, by: world.caller)?.id == first.id)
            contract.columns[1].range = nil
            #expect(try await world.contracts.apply(contract, by: world.caller).revision == 2)
            #expect(try await world.contracts.standing(of: "people", on: good.id, by: world.caller) == nil)
            let verbs = try await world.verbs()
            #expect(
                verbs.filter { $0.hasPrefix("contract.") } == [
                    "contract.applied", "contract.passed", "contract.failed", "contract.applied",
                ])
            #expect(try FileManager.default.contentsOfDirectory(atPath: world.folder + "/analysis").isEmpty)
        }
    }

    @Test("refuses what is unknown, of another dataset or no table, and a caller who may only read", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await ContractsWorld.with(engine) { world in
            let snapshot = try await world.record("a\n1\n", as: "d")
            let image = try await world.record([1, 2, 3], as: "d", file: "picture.png")
            _ = try await world.contracts.apply(ContractSpecification(name: "any"), by: world.caller)
            _ = try await world.contracts.apply(ContractSpecification(name: "other", dataset: "o"), by: world.caller)
            func code(_ contract: String, _ snapshot: String) async -> String? {
                do {
                    _ = try await world.contracts.check(contract, snapshot, by: world.caller)
                    return nil
                } catch {
                    return (error as? Problem)?.code
                }
            }
            #expect(await code("none", snapshot.id) == "contracts.contract.unknown")
            #expect(await code("any", "none") == "tracking.snapshot.unknown")
            #expect(await code("other", snapshot.id) == "contracts.snapshot.other-dataset")
            #expect(await code("any", image.id) == "contracts.files.unsupported")
            let viewer = Caller(
                session: Session(principal: Principal(name: "vera", kind: .user), tokenID: nil, roles: ["default": [.viewer]]),
                workspace: "default")
            let problem = await #expect(throws: Problem.self) { _ = try await world.contracts.check("any", snapshot.id, by: viewer) }
            #expect(problem?.kind == .forbidden)
            #expect(try await world.contracts.contracts(by: viewer).map(\.name) == ["any", "other"])
        }
    }

    @Test("a snapshot classified as personal shows no value; references are the newest snapshots", arguments: TestDatabase.allCases)
    func labelsAndReferences(engine: TestDatabase) async throws {
        try await ContractsWorld.with(engine) { world in
            _ = try await world.record("code\nold\n", as: "codes")
            let newest = try await world.record("code\nGLE\n", as: "codes")
            let snapshot = try await world.record("code\nGLE\nHIDDEN\n", as: "uses", classifications: ["personal"])
            _ = try await world.contracts.apply(
                ContractSpecification(
                    name: "uses", columns: [ContractColumn("code", .text)],
                    references: [ContractReference(columns: ["code"], dataset: "codes", key: ["code"])]), by: world.caller)
            let report = try await world.contracts.check("uses", snapshot.id, by: world.caller)
            #expect(report.references == ["codes": newest.id])
            #expect(report.findings.faults == ["reference code failed"])
            #expect(report.findings.finding(.reference, "code")?.values == ["••• 1 0"])
            let stored = try await world.governor.database.read {
                try $0.rows("SELECT document FROM contract_report").map { try $0["document"] as String }
            }
            #expect(!stored.joined().contains("HIDDEN"))
        }
    }

    @Test("a gate can demand a contract's pass and a schema that did not break, from what is kept", arguments: TestDatabase.allCases)
    func demands(engine: TestDatabase) async throws {
        try await ContractsWorld.with(engine) { world in
            let first = try await world.record("id,age\n1,30\n", as: "people")
            let second = try await world.record("id,years\n1,30\n", as: "people")
            _ = try await world.contracts.apply(
                ContractSpecification(name: "people", columns: [ContractColumn("age", .integer)]), by: world.caller)
            func judge(_ demand: DataDemand, _ snapshot: Snapshot) async throws -> [String] {
                try await world.governor.database.read {
                    try demand.judge([snapshot.id], in: $0, workspace: "default").map { "\($0.outcome.rawValue): \($0.reason)" }
                }
            }
            let contract = DataDemand(contract: "people")
            #expect(try await judge(contract, first)[0].hasPrefix("inconclusive: The snapshot has not been checked"))
            for snapshot in [first, second] { _ = try await world.contracts.check("people", snapshot.id, by: world.caller) }
            #expect(try await judge(contract, first) == ["passed: The snapshot keeps contract 'people', revision 1."])
            #expect(try await judge(contract, second) == ["failed: 1 rules of contract 'people' are failed: column age."])
            let schema = DataDemand(schema: .needsALook)
            #expect(try await judge(schema, first) == ["passed: It is its dataset's first snapshot."])
            #expect(
                try await judge(schema, second)[0].hasPrefix(
                    "failed: The change of the schema since snapshot 1 is breaking: age (The column is gone.)"))
            #expect(try await judge(DataDemand(schema: .breaking), second)[0].hasPrefix("passed"))
            #expect(try await judge(DataDemand(contract: "people", schema: .compatible), second).count == 2)
            await #expect(throws: Problem.self) { _ = try await judge(DataDemand(contract: "none"), first) }
        }
    }
}
