// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct GateKindTests {
    private static func gate(_ checks: String, more: String = "") -> String {
        """
        apiVersion: dhow/v1
        kind: Gate
        metadata: {name: flights}
        spec:
          checks:
        \(checks)
        \(more)
        """
    }

    private static let skill = "    - {name: skill, threshold: {metric: normalized_log_loss, comparison: below, value: 1}}"
    private static let all = """
        \(skill)
            - {name: better, champion: {metric: logLoss, minimumEffect: 0.002, confidence: 0.9, groupedBy: day}}
            - {name: each, segments: {column: carrier, metric: logLoss, margin: 0.02, values: [AA, UA]}}
            - {name: same, invariance: {cases: tail, tolerance: 0.01}}
            - {name: storm, directional: {cases: storm, direction: rises, share: 0.95}}
            - {name: plain, functionality: {cases: plain}}
            - {name: fast, latency: {quantile: 0.99, atMostMilliseconds: 20}}
            - {name: small, size: {atMostBytes: 20000000}}
            - {name: enough, expression: "rows >= 5000 && metrics.auc > 0.6"}
        """

    @Test("a gate is declared, changed and deleted as a document", arguments: TestDatabase.allCases)
    func life(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let gates = Gates(governor: world.governor, versions: .registry)
            #expect(try await world.apply(world.sent(Self.gate(Self.all))).lines == ["create Gate flights"])
            let gate = try await gates.gate("flights", by: world.amina)
            #expect(gate.revision == 1 && gate.specification.checks.count == 9 && gate.specification.onInconclusive == .ask)
            #expect(try await world.apply(world.sent(Self.gate(Self.all), commit: "c2")).lines == ["no-change Gate flights"])
            let stricter = Self.gate(Self.all, more: "  onInconclusive: refuse")
            #expect(try await world.apply(world.sent(stricter)).lines == ["update Gate flights"])
            #expect(try await gates.gate("flights", by: world.amina).revision == 2)
            #expect(try await world.apply(world.sent(Written.monitor("m"), prunes: true)).lines.contains("delete Gate flights"))
            #expect(try await gates.gates(by: world.amina).isEmpty)
        }
    }

    @Test("who trains does not set the bar; a misspelt or impossible gate is refused with its place", arguments: TestDatabase.allCases)
    func refusals(engine: TestDatabase) async throws {
        try await World.with(engine) { world in
            let document = world.sent(Self.gate(Self.skill))
            await #expect(throws: Problem.self) { try await world.declarations.apply(document, by: world.editor) }
            for wrong in [
                "    - {name: c, champion: {metric: logLoss, minimumEfect: 0.1}}", "    - {name: c, champion: {metric: f1}}",
                "    - {name: c}", "    - {name: c, size: {atMostBytes: 1}, functionality: {cases: a}}", "    []",
                "    - {name: c, expression: \"nobody > 1\"}",
                """
                    - {name: a, threshold: {metric: auc, comparison: atLeast, value: 0.8}}
                    - {name: b, threshold: {metric: auc, comparison: atMost, value: 0.7}}
                """,
            ] {
                let plan = try await world.plan(world.sent(Self.gate(wrong)))
                #expect(!plan.faults.isEmpty, "\(wrong)")
            }
        }
    }
}
