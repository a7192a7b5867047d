// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import Tracking

@Suite struct GateReportRouteTests {
    private static let nasty = #"<img src=x onerror=alert(1)> & "quoted" | `code` [link](http://example.org)"#

    /// A report on segments whose names are markup.
    private func report(_ world: World) async throws -> GateReportAnswer {
        _ = try await world.registerVersion()
        let segment = Self.nasty.replacing("\"", with: "\"\"")
        let rows = (0..<200).map { "\($0 % 2),\($0 % 2 == 0 ? 0.2 : 0.8),\"\(segment)\"" }
        _ = try await world.artifacts.put(
            Bytes("label,candidate,region\n" + rows.joined(separator: "\n") + "\n"), at: try ArtifactPath("1/scores.csv"), by: world.amina)
        return try await world.ask(
            .post, "gate-reports",
            EvaluateGateRequest(
                gate: "regions",
                checks: [
                    [
                        "name": "each",
                        "segments": ["column": "region", "metric": "auc", "comparison": "atLeast", "value": 0.7],
                    ], ["name": "large", "expression": "rows == 200"],
                ],
                model: "churn", version: 1, metrics: [Self.nasty: 1], scores: "1/scores.csv"), as: "amina")
    }

    @Test("gives a report as JSON, Markdown and a page, and nothing of it is markup")
    func formats() async throws {
        try await World.run(on: .sqlite) { world in
            let report = try await report(world)
            #expect(report.outcome == "passed" && report.checks[0].details?.first?["segment"] == Self.nasty)
            let json: GateReportAnswer = try await world.ask(.get, "gate-reports/\(report.id)?format=json", as: "vera")
            #expect(json.digest == report.digest)
            let page = try await world.send(.get, "gate-reports/\(report.id)?format=html", as: "vera")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            #expect(!page.text.contains("<img") && page.text.contains("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quoted&quot;"))
            #expect(page.text.contains(report.digest) && !page.text.contains("http://") || page.text.contains("](http://example.org)"))
            #expect(!page.text.contains("<script") && !page.text.contains("src=\""))
            let markdown = try await world.send(.get, "gate-reports/\(report.id)?format=md", as: "vera")
            #expect(markdown.text.hasPrefix("# Gate regions: passed\n"))
            #expect(!markdown.text.contains("<img") && !markdown.text.contains("[link](") && markdown.text.contains("\\[link\\]\\("))
            #expect(markdown.text.split(separator: "\n").filter { $0.hasPrefix("| each") }.count == 1)
            #expect(try await world.send(.get, "gate-reports/\(report.id)?format=pdf", as: "vera").code == "request.value.unknown")
            #expect(try await world.send(.get, "gate-reports/\(report.id)?format=html", as: nil).status == .unauthorized)
        }
    }

    @Test("refuses checks that are misspelt or contradict, and a gate that nobody declared")
    func malformed() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.registerVersion()
            func code(_ checks: [JSONValue]?) async throws -> String? {
                try await world.send(
                    .post, "gate-reports", EvaluateGateRequest(gate: "g", checks: checks, model: "churn", version: 1), as: "amina"
                ).code
            }
            #expect(try await code([["name": "c", "champion": ["metric": "auc", "minimumEfect": 0.1]]]) == "documents.spec.malformed")
            #expect(
                try await code([["name": "c", "champion": ["metric": "auc", "method": "mcnemar"]]]) == "delivery.gate.check-malformed")
            #expect(try await code([["name": "c", "expression": "nobody > 1"]]) == "delivery.gate.check-malformed")
            #expect(try await code([]) == "delivery.gate.check-count")
            #expect(try await code(nil) == "delivery.gate.unknown")
        }
    }

    @Test("a link leads its person to a page with the report and the question, and decides once")
    func links() async throws {
        try await World.run(on: .sqlite) { world in
            let report = try await report(world)
            let asked: ApprovalAnswer = try await world.ask(
                .post, "approvals",
                RequestApprovalRequest(endpoint: "front", model: "churn", version: 1, gateReport: report.id, approvers: ["bruno"]),
                as: "amina")
            #expect(asked.approvers == ["bruno"] && asked.count == 1)
            let link: ApprovalLinkAnswer = try await world.ask(
                .post, "approvals/\(asked.id)/links", MakeApprovalLinkRequest(principal: "bruno"), as: "amina")
            #expect(link.path == "/approve/\(link.link)?workspace=main")
            func visit(_ person: String?, _ form: String? = nil) async throws -> TestResponse {
                var headers: HTTPFields = [:]
                if let person { headers[.authorization] = world.authorization(of: person) }
                return try await world.client.executeRequest(
                    uri: link.path, method: form == nil ? .get : .post, headers: headers, body: form.map { ByteBuffer(string: $0) })
            }
            let stranger = try await visit(nil)
            #expect(stranger.status == .unauthorized && stranger.headers[.wwwAuthenticate]?.contains("Basic") == true)
            #expect(try await visit("amina").status == .forbidden)
            let page = try await visit("bruno")
            #expect(page.status == .ok && page.text.contains("<form method=\"post\">") && page.text.contains(report.digest))
            #expect(page.headers[.cacheControl] == "no-store" && !page.text.contains("<img"))
            #expect(try await visit("bruno", "decision=approve&comment=+").status == .badRequest)
            let answer = try await visit("bruno", "decision=approve&comment=Read+it%2C+%3Cb%3Esound%3C%2Fb%3E.")
            #expect(answer.status == .ok && answer.text.contains("approved"))
            #expect(try await visit("bruno", "decision=reject&comment=No.").status == .conflict)
            let decided: ApprovalAnswer = try await world.ask(.get, "approvals/\(asked.id)", as: "vera")
            #expect(decided.state == "approved" && decided.decisions.map(\.comment) == ["Read it, <b>sound</b>."])
            #expect(decided.decisions.map(\.link) == [link.id])
            try await world.signLedger()
            let receipt = try await world.send(.get, "ledger/entries/\(decided.decisions[0].entry)/receipt", as: "vera")
            #expect(receipt.status == .ok && receipt.text.hasPrefix("c2sp.org/tlog-proof@v1\n"))
        }
    }

    @Test("withdraws, asks several, and shows it")
    func withdrawal() async throws {
        try await World.run(on: .sqlite) { world in
            let report = try await report(world)
            let asked: ApprovalAnswer = try await world.ask(
                .post, "approvals",
                RequestApprovalRequest(
                    endpoint: "front", model: "churn", version: 1, gateReport: report.id, roles: ["approver"], count: 2,
                    remindAfterSeconds: 3600), as: "amina")
            let half: ApprovalAnswer = try await world.ask(
                .post, "approvals/\(asked.id)/decision", DecideApprovalRequest(decision: "approve", comment: "Sound."), as: "bruno")
            #expect(half.state == "pending" && half.decisions.count == 1 && half.remindAfterSeconds == 3600)
            #expect(try await world.send(.post, "approvals/\(asked.id)/withdrawal", [String: String](), as: "vera").status == .forbidden)
            let withdrawn: ApprovalAnswer = try await world.ask(
                .delete, "approvals/\(asked.id)/decision", as: "bruno")
            #expect(withdrawn.state == "withdrawn" && withdrawn.withdrawnBy == "user:bruno")
        }
    }
}
