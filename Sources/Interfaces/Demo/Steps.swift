// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain
import Foundation
import NIOCore

/// The single things that people and systems do in the demonstration, each a call or two of the API.
struct Steps: Sendable {
    /// The check of the monitor that sees that no flights come any more.
    static let feedCheck = "feed"

    let cast: Cast
    let folder: URL
    let progress: ProgressLine

    // MARK: setting up

    func applyMonitor() async throws {
        func feature(_ name: String, _ kind: String) -> JSONValue { ["name": .string(name), "kind": .string(kind)] }
        let numbers = ["hour", "dow", "distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
        let features = numbers.map { feature($0, "number") } + ["carrier", "origin", "dest"].map { feature($0, "category") }
        let specification: JSONValue = [
            "name": .string(FlightsDemo.monitor), "endpoint": .string(FlightsDemo.endpoint), "features": .array(features),
            "label": ["positiveFrom": 0.5],
            // One flight in twenty of a carrier that nobody knows is no small matter here.
            "thresholds": ["unseenCategories": 0.05],
            "segments": [["column": "carrier"]],
            "references": [["type": "rolling", "windows": 1]],
            "checks": [
                ["name": .string(Self.feedCheck), "type": "freshness", "seconds": 86_400],
                ["name": "promised", "type": "estimated-performance", "metric": "rocAUC"],
                ["name": "together", "type": "joint-drift"],
                ["name": "answers", "type": "errors", "objective": 0.999],
                ["name": "speed", "type": "latency", "objective": 0.99, "milliseconds": 250],
            ],
        ]
        let _: MonitorAnswer = try await cast.amina.post("/api/v1/monitors", specification)
    }

    func applyPipelines(from folder: URL) async throws {
        for document in ["pipeline.yaml", "drill.yaml"] {
            let answer = try await PipelineUpload(folder: folder, document: document).apply(with: cast.amina)
            progress.finish("Pipeline \(answer.pipeline), version \(answer.version)")
        }
    }

    func applyContract(from folder: URL) async throws {
        let documents = try DocumentFolder([folder.appending(path: "contract.yaml").path], source: "demo")
        let applied: DocumentPlanAnswer = try await cast.amina.post("/api/v1/documents", documents.request())
        progress.finish("Data contract \(applied.objects.map(\.name).joined(separator: ", "))")
    }

    /// Retrains on the two months before the newest recorded one, which judges.
    func applyTrigger() async throws {
        let dataset = FlightsDemo.dataset
        let _: TriggerAnswer = try await cast.amina.post(
            "/api/v1/triggers",
            ApplyTriggerRequest(
                name: FlightsDemo.trigger, event: "performance.breached", pipeline: FlightsDemo.pipeline,
                parameters: ["first": .string("\(dataset)@2"), "second": .string("\(dataset)@1"), "heldout": .string("\(dataset)@0")]))
    }

    func record(_ month: FlightMonth) async throws {
        let number = (month.month < 10 ? "0" : "") + String(month.month)
        let file = folder.appending(path: "flights-\(number).csv")
        try Data(month.csv).write(to: file)
        let blob: BlobAnswer = try await cast.amina.upload(file, to: "/api/v1/blobs")
        let snapshot: SnapshotAnswer = try await cast.amina.post(
            "/api/v1/datasets/\(FlightsDemo.dataset)/snapshots",
            RecordSnapshotRequest(
                files: [SnapshotFileBody(name: file.lastPathComponent, digest: blob.digest)], jurisdiction: "US",
                classifications: ["public"]))
        try FileManager.default.removeItem(at: file)
        let report: ContractReportAnswer = try await cast.amina.post(
            "/api/v1/contracts/\(FlightsDemo.dataset)/reports", CheckContractRequest(snapshot: snapshot.id))
        progress.finish(
            "Month \(month.month): recorded \(snapshot.rows ?? 0) rows as snapshot \(snapshot.id.prefix(12)); the contract \(report.result.outcome)"
        )
    }

    // MARK: traffic

    func replay(
        _ month: FlightMonth, as name: String, labelDelay: Int = 0,
        afterDay: @escaping @Sendable (ReplayDay) async throws -> ReplayDecision = { _ in .goOn }
    ) async throws -> ReplaySummary {
        let progress = progress
        let summary = try await Replay(cast.airport, endpoint: FlightsDemo.endpoint).send(
            month, labelDelay: labelDelay,
            progress: { state in
                progress.show("\(name): \(state.done) of \(state.total) flights answered, \(Int(state.perSecond)) a second")
            }, afterDay: afterDay)
        for failure in summary.failures {
            progress.finish("\(name): \(failure.requests) requests failed with status \(failure.status): \(failure.message)")
        }
        try await flushed()
        return summary
    }

    /// The prediction log is written behind the answers; windows are judged when it is.
    func flushed() async throws {
        while true {
            let text = String(decoding: try await cast.administrator.bytes("/metrics"), as: UTF8.self)
            let waiting = text.split(separator: "\n").first { $0.hasPrefix("dhow_predictions_waiting ") }
            if waiting.map({ $0.hasSuffix(" 0.0") }) ?? true { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: judging

    func evaluate(_ window: Range<Timestamp>) async throws -> EvaluationAnswer {
        try await cast.amina.post(
            "/api/v1/monitors/\(FlightsDemo.monitor)/evaluations",
            EvaluateRequest(start: window.lowerBound.milliseconds, end: window.upperBound.milliseconds))
    }

    func openIncidents() async throws -> [IncidentAnswer] {
        let page: Page<IncidentAnswer> = try await cast.layla.get("/api/v1/incidents", ["open": "true"])
        return page.items
    }

    func close(_ incidents: [IncidentAnswer], because note: String) async throws {
        for incident in incidents {
            let _: IncidentAnswer = try await cast.layla.post(
                "/api/v1/incidents/\(incident.id)/close", CloseIncidentRequest(note: note, resolution: "repaired"))
        }
    }

    func firings() async throws -> [TriggerFiringAnswer] {
        let page: Page<TriggerFiringAnswer> = try await cast.amina.get("/api/v1/triggers/\(FlightsDemo.trigger)/firings")
        return page.items
    }

    /// What the trigger made of an event that came after these firings; nil when it stays silent for ten seconds.
    func firing(after known: [TriggerFiringAnswer]) async throws -> TriggerFiringAnswer? {
        for _ in 0..<100 {
            if let new = try await firings().first(where: { firing in !known.contains { $0.entry == firing.entry } }) { return new }
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    // MARK: executions

    func start(_ pipeline: String, _ parameters: [String: String]) async throws -> String {
        let execution: ExecutionAnswer = try await cast.amina.post(
            "/api/v1/executions", StartExecutionRequest(pipeline: pipeline, parameters: parameters.mapValues { .string($0) }))
        return execution.id
    }

    /// Follows an execution to its end; while it waits for an approval, the approver reads the gate's report and decides.
    func follow(_ id: String, as name: String) async throws -> ExecutionAnswer {
        while true {
            let execution: ExecutionAnswer = try await cast.amina.get("/api/v1/executions/\(id)")
            if execution.ended != nil { return execution }
            let running = (execution.steps ?? []).filter { $0.state == "running" }.map(\.name)
            progress.show("\(name): \(running.isEmpty ? execution.status : running.joined(separator: ", "))")
            if execution.status == "waitingForApproval" { try await decide(as: name) }
            try await Task.sleep(for: .milliseconds(150))
        }
    }

    /// Says yes to what passed its gate and no to everything else.
    private func decide(as name: String) async throws {
        let pending: Page<ApprovalAnswer> = try await cast.omar.get("/api/v1/approvals", ["state": "pending"])
        for approval in pending.items {
            let report: GateReportAnswer = try await cast.omar.get("/api/v1/gate-reports/\(approval.gateReport)")
            let isGood = report.outcome == "passed"
            let findings = report.checks.map { "\($0.name) \($0.outcome)" }.joined(separator: ", ")
            let _: ApprovalAnswer = try await cast.omar.post(
                "/api/v1/approvals/\(approval.id)/decision",
                DecideApprovalRequest(decision: isGood ? "approve" : "reject", comment: "Gate report \(report.id): \(findings)."))
            progress.finish("\(name): omar \(isGood ? "approves" : "rejects") version \(approval.version) (\(findings))")
        }
    }

    /// Why an execution did not succeed: the first step that ended badly, in its own words.
    func reason(of execution: ExecutionAnswer) -> String {
        let bad = (execution.steps ?? []).first { ["failed", "cancelled"].contains($0.state) }
        guard let bad else { return "The execution \(execution.status)." }
        return bad.attempts.last?.detail ?? "Step '\(bad.name)' \(bad.state)."
    }

    func promotionReason(of execution: ExecutionAnswer) async throws -> String {
        guard let report = try await gateReport(of: execution) else { return "It passed its gate." }
        let comparison = report.checks.last { $0.name != "skill" }
        return comparison?.reason ?? "It passed its gate."
    }

    /// What the evaluation step measured on the held-out month, from the run that the gate's report names.
    func heldOutMetrics(of execution: ExecutionAnswer) async throws -> [String: Double]? {
        let run: String?
        if let report = try await gateReport(of: execution) {
            run = report.run
        } else {
            run = nil
        }
        guard let run else { return nil }
        let answer: JSONValue = try await cast.amina.get("/api/2.0/mlflow/runs/get", ["run_id": run])
        var metrics: [String: Double] = [:]
        for metric in answer["run"]?["data"]?["metrics"]?.array ?? [] {
            if let key = metric["key"]?.text, let value = metric["value"]?.double { metrics[key] = value }
        }
        return metrics
    }

    /// The newest report of the version that the execution registered; also when its gate said no.
    private func gateReport(of execution: ExecutionAnswer) async throws -> GateReportAnswer? {
        let registered = (execution.steps ?? []).first { $0.name == "register" }?.outputs["version"]?.integer
        guard let registered else { return nil }
        let page: Page<GateReportAnswer> = try await cast.amina.get(
            "/api/v1/gate-reports", ["model": FlightsDemo.model, "version": String(registered)])
        return page.items.first
    }

    // MARK: looking

    func latestRollout() async throws -> RolloutAnswer? {
        let page: Page<RolloutAnswer> = try await cast.amina.get("/api/v1/rollouts", ["endpoint": FlightsDemo.endpoint])
        return page.items.first
    }

    /// The input that moved most, and the score.
    func drift(in evaluation: EvaluationAnswer) -> DemoReport.Drift {
        var drift = DemoReport.Drift(verdict: evaluation.verdict)
        for feature in evaluation.evidence["features"]?.array ?? [] {
            guard let name = feature["name"]?.text, let index = feature["stabilityIndex"]?.double ?? feature["psi"]?.double else {
                continue
            }
            if index > drift.psi ?? -1 {
                drift.feature = name
                drift.psi = index
            }
        }
        let score = evaluation.evidence["score"]
        drift.scorePSI = score?["stabilityIndex"]?.double ?? score?["psi"]?.double
        return drift
    }

    /// Asks for one more prediction and follows it back to its data; `dhow lineage prediction` prints the same with every fact.
    func lineage(of month: FlightMonth) async throws -> [String] {
        guard let flight = month.days.last?.last?.first, let hour = month.days.last?.last else { return [] }
        let body = InferenceBody(hour.prefix(1), eventTime: flight.scheduledHour)
        let request = try JSONDecoder().decode(JSONValue.self, from: Data(body.buffer.readableBytesView))
        let answer: JSONValue = try await cast.amina.post("/v2/models/\(FlightsDemo.endpoint)/infer", request)
        guard let prediction = answer["parameters"]?["prediction_id"]?.text else { return [] }
        try await flushed()
        let lineage: LineageAnswer = try await cast.omar.get("/api/v1/lineage/predictions/\(prediction).0")
        return lines(of: lineage.root, indent: 0)
    }

    private func lines(of node: LineageNodeAnswer, indent: Int) -> [String] {
        let entries = node.entries.map { "ledger \($0.seq) \($0.verb) by \($0.actor)" }.joined(separator: "; ")
        let detail = node.missing.map { "missing: \($0)" } ?? (entries.isEmpty ? "" : "  [\(entries)]")
        let line = String(repeating: "  ", count: indent) + "\(node.kind) \(node.name)\(detail)"
        return [line] + node.children.flatMap { lines(of: $0, indent: indent + 1) }
    }
}
