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
    private static let largestFile: Int64 = 64 << 20

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
        let answers = try reports.map { try GateReportAnswer($0) }
        return try Answer.json(query.page(answers, id: \.id) { $0 })
    }

    /// JSON, or a page or text for people with `?format=html` and `?format=md`.
    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let format = try ListQuery(request).choice("format", of: GateReportFormat.self) ?? .json
        let report = try await gates.report(try context.parameter("report"), by: context.caller)
        switch format {
        case .json: return try Answer.json(GateReportAnswer(report))
        case .md: return Answer.text(GateReportMarkdown(report: report).text, type: "text/markdown; charset=utf-8")
        case .html:
            var response = Answer.text(GateReportPage(report: report).text, type: "text/html; charset=utf-8")
            response.headers[.contentSecurityPolicy] = GateReportPage.contentSecurityPolicy
            return response
        }
    }

    private func evaluate(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(EvaluateGateRequest.self, of: request, &context)
        let caller = context.caller
        let specification = try await gates.specification(
            body.gate, checks: try body.checks?.map { try CanonicalSpec.decode(GateCheck.self, from: $0) },
            onInconclusive: try body.onInconclusive.map { try GateSpecification.Doubt.named($0, as: "onInconclusive") }, by: caller)
        var evidence = GateEvidence(
            metrics: body.metrics ?? [:], scores: try await scores(of: body, specification, by: caller),
            scoredChampion: body.scoredChampion, runID: body.run)
        evidence.championSnapshots = body.championSnapshots
        evidence.behaviour = try await body.behaviour.asyncMap { try BehaviourCases(csv: try await bytes($0, by: caller)) }
        evidence.latencies = try await body.latencies.asyncMap { try LatencyFile.milliseconds(csv: try await bytes($0, by: caller)) }
        let report = try await gates.evaluate(
            specification, evidence, of: body.model, version: body.version, heldOutSnapshots: body.snapshots ?? [], by: caller)
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
        var parser = PairedScoresParser(groupColumn: try specification.groupColumn(), columns: specification.segmentColumns)
        for try await piece in content.bytes { try parser.feed(piece) }
        return try parser.finish()
    }

    private func bytes(_ path: String, by caller: Caller) async throws -> [UInt8] {
        let (artifact, content) = try await artifacts.open(try ArtifactPath(path), by: caller)
        guard artifact.size <= Self.largestFile else {
            throw Problem(
                .tooLarge, "delivery.evidence.too-large", "The file '\(path.printable)' has \(artifact.size) bytes.",
                why: "At most \(Self.largestFile) are read here.")
        }
        var bytes: [UInt8] = []
        for try await piece in content.bytes { bytes += piece }
        return bytes
    }
}

/// How a gate report is given.
enum GateReportFormat: String, CaseIterable {
    case json, md, html
}

extension Optional {
    /// `map` with a body that waits.
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let wrapped = self else { return nil }
        return try await body(wrapped)
    }
}

extension GateReportAnswer {
    init(_ report: GateReport) throws {
        let findings = report.findings
        self.init(
            id: report.id, digest: report.digest.description, gate: report.gate, model: findings.model, version: findings.version,
            outcome: report.outcome.rawValue, specification: try findings.specification.checks.map { try CanonicalSpec.encode($0) },
            onInconclusive: findings.specification.onInconclusive.rawValue, gateRevision: findings.gateRevision,
            checks: findings.checks.map {
                CheckFindingAnswer(
                    name: $0.name, outcome: $0.outcome.rawValue, reason: $0.reason, evidence: $0.evidence, details: $0.details)
            },
            champion: findings.champion, snapshots: findings.heldOutSnapshots, run: findings.runID,
            scoresDigest: findings.scoresDigest?.description, scoredRows: findings.scoredRows, evaluatedBy: findings.evaluatedBy,
            created: findings.created.milliseconds)
    }
}
