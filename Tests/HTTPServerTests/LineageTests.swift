// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Foundation
import Governance
import HTTPTypes
import HummingbirdTesting
import Registry
import TestSupport
import Testing

@Suite struct LineageTests {
    private func nodes(_ node: LineageNodeAnswer) -> [LineageNodeAnswer] { [node] + node.children.flatMap(nodes) }

    @Test("follows a prediction back to data, code and people, and proves each link", arguments: TestDatabase.allCases)
    func chain(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.registerVersion()
            let release = try await world.release(1)
            try await world.logPrediction("p1.0", revision: 1)
            try await world.signLedger()

            let answer: LineageAnswer = try await world.ask(.get, "lineage/predictions/p1.0", as: "vera")
            let all = nodes(answer.root)
            #expect(
                all.map(\.kind) == [
                    "prediction", "revision", "version", "run", "snapshot", "commit", "execution", "release", "gate-report", "approval",
                    "rollout",
                ])
            #expect(answer.missing == 1)
            #expect(all.filter { $0.missing != nil }.map(\.kind) == ["execution"])
            #expect(answer.faults == 0, "\(all.flatMap(\.faults))")
            let verbs = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0.entries.map(\.verb)) })
            #expect(verbs["version"] == ["version.registered"])
            #expect(verbs["run"] == ["run.created", "run.finished"])
            #expect(verbs["snapshot"] == ["snapshot.recorded"])
            #expect(verbs["gate-report"] == ["gate.passed"])
            #expect(verbs["approval"] == ["approval.requested", "approval.recorded"])
            #expect(verbs["release"] == ["release.started", "release.completed"])
            #expect(verbs["rollout"] == ["rollout.promoted"])
            #expect(all.first { $0.kind == "release" }?.name == release.id)
            #expect(all.first { $0.kind == "snapshot" }?.facts.contains { $0.name == "jurisdiction" && $0.value == "NL" } == true)
            #expect(all.first { $0.kind == "commit" }?.name == "8f14e45f")

            let verifier = try NoteVerifier(parsing: answer.key)
            #expect(verifier == world.signer.verifier)
            for entry in all.flatMap(\.entries) {
                let receipt = try LedgerReceipt(parsing: try #require(entry.receipt, "\(entry.verb)"))
                try receipt.verify(by: verifier)
                #expect(receipt.index == entry.seq)
            }
        }
    }

    @Test(
        "finds what was changed in the database behind the ledger's back",
        arguments: [
            ("UPDATE model_version_file SET path = 'other.onnx'", "version", "'content'"),
            ("UPDATE model_version SET code_commit = 'ffffffff'", "version", "'commit'"),
            ("UPDATE model_version SET code_commit = 'ffffffff'", "commit", "'commit'"),
            ("UPDATE approval_decision SET comment = 'Never mind.'", "approval", "'commentDigest'"),
            ("UPDATE gate_report SET document = REPLACE(document, 'amina', 'bruno')", "gate-report", "'digest'"),
            ("UPDATE snapshot SET jurisdiction = 'US'", "snapshot", "'jurisdiction'"),
        ])
    func tampering(sql: String, kind: String, member: String) async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.registerVersion()
            _ = try await world.release(1)
            try await world.logPrediction("p1.0", revision: 1)
            try await world.signLedger()
            try await world.database.write { _ = try $0.execute(sql) }
            let answer: LineageAnswer = try await world.ask(.get, "lineage/predictions/p1.0", as: "vera")
            let faults = nodes(answer.root).first { $0.kind == kind }?.faults ?? []
            #expect(faults.contains { $0.contains(member) }, "\(faults)")
            #expect(answer.faults > 0)
        }
    }

    @Test("says what is not there, and why")
    func missing() async throws {
        try await World.run(on: .sqlite) { world in
            #expect(try await world.send(.get, "lineage/predictions/none.0", as: "vera").code == "serving.prediction.unknown")
            try await world.logPrediction("p9.0", revision: 9)
            let answer: LineageAnswer = try await world.ask(.get, "lineage/predictions/p9.0", as: "vera")
            #expect(nodes(answer.root).map(\.kind) == ["prediction", "revision"])
            #expect(answer.root.children.first?.missing == "The endpoint has no such revision.")
            #expect(try await world.send(.get, "lineage/predictions/p9.0", as: "vera", workspace: "other").status == .forbidden)
        }
    }

    @Test("does not call an entry proven before a checkpoint covers it")
    func unsigned() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.registerVersion()
            _ = try await world.release(1)
            try await world.logPrediction("p1.0", revision: 1)
            try await LedgerSequencer(database: world.database).sequence()
            let answer: LineageAnswer = try await world.ask(.get, "lineage/predictions/p1.0", as: "vera")
            let entries = nodes(answer.root).flatMap(\.entries)
            #expect(!entries.isEmpty)
            #expect(entries.allSatisfy { $0.receipt == nil && $0.unproven != nil })
        }
    }
}

@Suite struct LedgerRouteTests {
    @Test("pages through the workspace's entries, newest first", arguments: TestDatabase.allCases)
    func entries(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let version = try await world.registerVersion()
            try await world.signLedger()
            var seen: [Int64] = []
            var after: String?
            repeat {
                let page: Page<LedgerEntryAnswer<JSONValue>> = try await world.ask(
                    .get, "ledger/entries?limit=3" + (after.map { "&after=\($0)" } ?? ""), as: "vera")
                seen += page.items.map(\.seq)
                after = page.next
            } while after != nil
            #expect(seen == seen.sorted(by: >))
            #expect(Set(seen).count == seen.count)
            let found: Page<LedgerEntryAnswer<JSONValue>> = try await world.ask(
                .get, "ledger/entries?verb=version.registered&resource=model/churn", as: "vera")
            let entry = try #require(found.items.first)
            #expect(found.items.count == 1)
            #expect(entry.payload["content"]?.text == version.content.description)

            let receipt = try LedgerReceipt(parsing: try await world.send(.get, "ledger/entries/\(entry.id)/receipt", as: "vera").text)
            let key = try await world.send(.get, "ledger/key", as: "vera").text.trimmingCharacters(in: .newlines)
            try receipt.verify(by: try NoteVerifier(parsing: key))
            let note = try SignedNote(parsing: try await world.send(.get, "ledger/checkpoint", as: "vera").text)
            #expect(note == receipt.checkpoint)
        }
    }

    @Test("keeps entries of other workspaces to themselves")
    func isolation() async throws {
        try await World.run(on: .sqlite) { world in
            let elsewhere = Caller.controller("test", in: "other")
            _ = try await world.registry.registerVersion(of: "secret", .init(), by: elsewhere)
            try await world.signLedger()
            let page: Page<LedgerEntryAnswer<JSONValue>> = try await world.ask(.get, "ledger/entries?limit=1000", as: "vera")
            #expect(page.items.allSatisfy { $0.workspace == "main" })
            let foreign = try await world.database.read {
                try LedgerReader(transaction: $0).latest(limit: 10, where: LedgerFilter(workspace: "other"))
            }
            let id = try #require(foreign.first?.entry.id)
            #expect(try await world.send(.get, "ledger/entries/\(id)/receipt", as: "vera").status == .notFound)
        }
    }
}
