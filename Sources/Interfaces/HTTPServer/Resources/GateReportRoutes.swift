// SPDX-License-Identifier: Apache-2.0

import API
import Backends
package import Delivery
import Domain
import Governance
import Hummingbird
package import Tracking

/// Quality gates and their reports.
package struct GateReportRoutes: RouteGroup {
    private let gates: Gates
    private let artifacts: ArtifactStore

    package init(gates: Gates, artifacts: ArtifactStore) {
        self.gates = gates
        self.artifacts = artifacts
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/gate-reports", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/gate-reports", .permission(.gateEvaluate), handler: evaluate),
            Route(.get, "/api/v1/gate-reports/{report}", .permission(.deliveryRead), handler: show),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let reports = try await gates.reports(
            of: try query.requiredText("model"), version: try query.integer("version").map { Int($0) }, after: query.after,
            limit: query.limit, by: context.caller)
        return try Answer.json(query.page(reports, id: \.id, GateReportAnswer.init))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(GateReportAnswer(try await gates.report(try context.parameter("report"), by: context.caller)))
    }

    private func evaluate(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(EvaluateGateRequest.self, of: request, &context)
        let specification = GateSpecification(name: body.gate, checks: try body.checks.map { try GateCheck($0) })
        try specification.validate()
        let evidence = GateEvidence(
            metrics: body.metrics ?? [:], scores: try await scores(of: body, specification, by: context.caller),
            scoredChampion: body.scoredChampion, runID: body.run)
        let report = try await gates.evaluate(
            specification, evidence, of: body.model, version: body.version, heldOutSnapshots: body.snapshots ?? [], by: context.caller)
        return try Answer.json(GateReportAnswer(report), status: .created)
    }

    /// The scores are named by a path of the workspace, not by digest alone, so that no one judges by another workspace's files.
    private func scores(
        of body: EvaluateGateRequest, _ specification: GateSpecification, by caller: Caller
    ) async throws -> PairedScores? {
        guard let path = body.scores else { return nil }
        let (artifact, content) = try await artifacts.open(try ArtifactPath(path), by: caller)
        if let expected = body.scoresDigest, BlobDigest(expected) != artifact.digest {
            throw Problem(
                .conflict, "delivery.scores.other-digest", "The scores at '\(path.printable)' are not those meant.",
                why: "Their digest is \(artifact.digest).", fix: "Look at the file again.")
        }
        var parser = PairedScoresParser(groupColumn: try specification.groupColumn())
        for try await piece in content.bytes { try parser.feed(piece) }
        return try parser.finish()
    }
}

extension GateCheck {
    fileprivate init(_ body: GateCheckBody) throws(Problem) {
        switch (body.threshold, body.champion) {
        case (let rule?, nil):
            let comparison = try ThresholdRule.Comparison.named(rule.comparison, as: "comparison")
            self.init(name: body.name, rule: .threshold(ThresholdRule(metric: rule.metric, comparison: comparison, value: rule.value)))
        case (nil, let rule?):
            self.init(
                name: body.name,
                rule: .champion(
                    ChampionRule(
                        metric: try ScoreMetric.named(rule.metric, as: "metric"), minimumEffect: rule.minimumEffect ?? 0,
                        confidence: rule.confidence ?? ChampionRule.standardConfidence,
                        minimumRows: rule.minimumRows ?? ChampionRule.standardMinimumRows, groupedBy: rule.groupedBy)))
        default:
            throw Problem(
                .invalid, "delivery.gate.check-malformed", "The check '\(body.name.printable)' cannot be used.",
                why: "A check has either 'threshold' or 'champion'.")
        }
    }
}

extension GateCheckBody {
    fileprivate init(_ check: GateCheck) {
        switch check.rule {
        case .threshold(let rule):
            self.init(
                name: check.name,
                threshold: GateThresholdBody(metric: rule.metric, comparison: rule.comparison.rawValue, value: rule.value))
        case .champion(let rule):
            self.init(
                name: check.name,
                champion: GateChampionBody(
                    metric: rule.metric.rawValue, minimumEffect: rule.minimumEffect, confidence: rule.confidence,
                    minimumRows: rule.minimumRows, groupedBy: rule.groupedBy))
        }
    }
}

extension GateReportAnswer {
    init(_ report: GateReport) {
        let findings = report.findings
        self.init(
            id: report.id, digest: report.digest.description, gate: report.gate, model: findings.model, version: findings.version,
            outcome: report.outcome.rawValue, specification: findings.specification.checks.map { GateCheckBody($0) },
            checks: findings.checks.map {
                CheckFindingAnswer(name: $0.name, outcome: $0.outcome.rawValue, reason: $0.reason, evidence: $0.evidence)
            },
            champion: findings.champion, snapshots: findings.heldOutSnapshots, run: findings.runID,
            scoresDigest: findings.scoresDigest?.description, scoredRows: findings.scoredRows, evaluatedBy: findings.evaluatedBy,
            created: findings.created.milliseconds)
    }
}
