// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import Tracking

@Suite struct DeliveryRouteTests {
    @Test("takes two versions from gate to rollout and back", arguments: TestDatabase.allCases)
    func delivery(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            for _ in 1...2 { _ = try await world.registerVersion() }
            let first = try await world.release(1)
            #expect(first.state == "completed")
            let second = try await world.release(2)
            #expect(second.state == "started")
            #expect(second.revision == 2)

            let path = "rollouts/\(second.rollout)"
            let begun: RolloutAnswer = try await world.ask(.get, path, as: "vera")
            #expect(begun.phase == "progressing")
            #expect(begun.percent == 10)
            #expect(begun.plan.percents == [10, 30, 100])
            let shifted: RolloutAnswer = try await world.ask(
                .post, path + "/shift", ShiftRolloutRequest(percent: 30, reason: "Seen enough."), as: "chen")
            #expect(shifted.percent == 30)
            let reason = RolloutReasonRequest(reason: "Numbers look odd.")
            let paused: RolloutAnswer = try await world.ask(.post, path + "/pause", reason, as: "chen")
            #expect(paused.phase == "paused")
            #expect(paused.reason == "Numbers look odd.")
            let resumed: RolloutAnswer = try await world.ask(.post, path + "/resume", [String: String](), as: "chen")
            #expect(resumed.phase == "progressing")
            let promoted: RolloutAnswer = try await world.ask(.post, path + "/promote", reason, as: "chen")
            #expect(promoted.percent == 100)
            let back: RolloutAnswer = try await world.ask(.post, path + "/roll-back", reason, as: "chen")
            #expect(back.phase == "rolled-back")

            let rollouts: Page<RolloutAnswer> = try await world.ask(.get, "rollouts?endpoint=front&limit=1", as: "vera")
            #expect(rollouts.items.map(\.id) == [second.rollout])
            let rest: Page<RolloutAnswer> = try await world.ask(
                .get, "rollouts?endpoint=front&limit=1&after=\(rollouts.next ?? "")", as: "vera")
            #expect(rest.items.map(\.id) == [first.rollout])
            let releases: Page<ReleaseAnswer> = try await world.ask(.get, "releases", as: "vera")
            #expect(releases.items.map(\.state) == ["failed", "completed"])
        }
    }

    @Test("keeps a failed gate as a report, lists reports and approvals by filter", arguments: TestDatabase.allCases)
    func gates(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.registerVersion()
            let failed = try await world.evaluate(1, auc: 0.6)
            #expect(failed.outcome == "failed")
            #expect(failed.checks.map(\.outcome) == ["failed"])
            #expect(failed.specification.first?["threshold"]?["comparison"]?.text == "atLeast")
            let refused = try await world.send(
                .post, "approvals", RequestApprovalRequest(endpoint: "front", model: "churn", version: 1, gateReport: failed.id),
                as: "amina")
            #expect(refused.status == .unprocessableContent)
            #expect(refused.code == "delivery.gate-report.not-passed")

            let passed = try await world.evaluate(1)
            let reports: Page<GateReportAnswer> = try await world.ask(.get, "gate-reports?model=churn&version=1", as: "vera")
            #expect(reports.items.map(\.id) == [passed.id, failed.id])
            let others: Page<GateReportAnswer> = try await world.ask(.get, "gate-reports?model=churn&version=2", as: "vera")
            #expect(others.items.isEmpty)
            #expect(try await world.send(.get, "gate-reports", as: "vera").code == "request.query.missing")

            let approval = try await world.approve(1, passed)
            #expect(approval.decidedBy == "user:bruno")
            let pending: Page<ApprovalAnswer> = try await world.ask(.get, "approvals?state=pending", as: "vera")
            #expect(pending.items.isEmpty)
            let approved: Page<ApprovalAnswer> = try await world.ask(.get, "approvals?state=approved&endpoint=front", as: "vera")
            #expect(approved.items.map(\.id) == [approval.id])
            #expect(try await world.send(.get, "approvals?state=maybe", as: "vera").code == "request.value.unknown")
        }
    }

    @Test("judges by scores of this workspace only, and by the bytes that were meant")
    func scores() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.registerVersion()
            let rows = (0..<200).map { "\($0 % 2),\($0 % 2 == 0 ? 0.2 : 0.8)" }
            let file = try await world.artifacts.put(
                Bytes("label,candidate\n" + rows.joined(separator: "\n") + "\n"), at: try ArtifactPath("1/scores.csv"), by: world.amina)
            var body = EvaluateGateRequest(
                gate: "scored",
                checks: [["name": "auc-gain", "champion": ["metric": "auc"]]],
                model: "churn", version: 1, scores: "1/scores.csv", scoresDigest: file.digest.description)
            let report: GateReportAnswer = try await world.ask(.post, "gate-reports", body, as: "amina")
            #expect(report.scoredRows == 200)
            #expect(report.specification.first?["champion"]?["minimumRows"]?.integer == 100)
            body.scoresDigest = "sha256:" + String(repeating: "0", count: 64)
            #expect(try await world.send(.post, "gate-reports", body, as: "amina").code == "delivery.scores.other-digest")
            body.scores = "1/absent.csv"
            #expect(try await world.send(.post, "gate-reports", body, as: "amina").status == .notFound)
            body.scores = "../keys"
            #expect(try await world.send(.post, "gate-reports", body, as: "amina").status == .badRequest)
        }
    }

    @Test(
        "lets only those act who may",
        arguments: [
            ("POST", "gate-reports", "vera"), ("POST", "approvals", "vera"), ("POST", "approvals/x/decision", "amina"),
            ("POST", "releases", "amina"), ("POST", "rollouts/x/promote", "amina"), ("POST", "rollouts/x/shift", "bruno"),
            ("PUT", "models/churn/aliases/champion", "vera"), ("DELETE", "models/churn/aliases/champion", "bruno"),
        ])
    func access(verb: String, path: String, person: String) async throws {
        try await World.run(on: .sqlite) { world in
            let method = try #require(HTTPRequest.Method(rawValue: verb))
            #expect(try await world.send(method, path, [String: String](), as: person).status == .forbidden)
            #expect(try await world.send(method, path, [String: String](), as: nil).status == .unauthorized)
            #expect(try await world.send(method, path, [String: String](), as: "chen", workspace: "other").status == .forbidden)
        }
    }

    @Test("shows models and versions, and moves aliases", arguments: TestDatabase.allCases)
    func models(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            for _ in 1...3 { _ = try await world.registerVersion() }
            let models: Page<ModelAnswer> = try await world.ask(.get, "models", as: "vera")
            #expect(models.items.map(\.name) == ["churn"])
            let newest: Page<VersionAnswer<JSONValue>> = try await world.ask(.get, "models/churn/versions?limit=2", as: "vera")
            #expect(newest.items.map(\.version) == [3, 2])
            let after = try #require(newest.next?.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let rest: Page<VersionAnswer<JSONValue>> = try await world.ask(
                .get, "models/churn/versions?limit=2&after=\(after)", as: "vera")
            #expect(rest.items.map(\.version) == [1])

            let alias: AliasAnswer = try await world.ask(
                .put, "models/churn/aliases/champion", SetAliasRequest(version: 2), as: "amina")
            #expect(alias.version == 2)
            for reference in ["2", "champion"] {
                let version: VersionAnswer<JSONValue> = try await world.ask(.get, "models/churn/versions/\(reference)", as: "vera")
                #expect(version.version == 2)
                #expect(version.aliases == ["champion"])
                #expect(version.files.map(\.path) == ["model.onnx"])
                #expect(version.codeCommit == "8f14e45f")
            }
            let latest: VersionAnswer<JSONValue> = try await world.ask(.get, "models/churn/versions/latest", as: "vera")
            #expect(latest.version == 3)
            let model: ModelAnswer = try await world.ask(.delete, "models/churn/aliases/champion", as: "amina")
            #expect(model.aliases.isEmpty)
            #expect(try await world.send(.get, "models/churn/versions/champion", as: "vera").code == "registry.alias.unknown")
            #expect(try await world.send(.get, "models/none/versions", as: "vera").status == .notFound)
        }
    }
}
