// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import HTTPTypes
import Registry
import Serving
import Tracking

/// The way of a version over HTTP, step by step.
extension World {
    static let checks: [JSONValue] = [
        ["name": "auc-floor", "threshold": ["metric": "auc", "comparison": "atLeast", "value": 0.7]]
    ]

    /// A version of `churn` with a run, a snapshot and a commit.
    func registerVersion() async throws -> ModelVersion {
        let blob = try await blobs.put(Bytes("age,churned\n31,0\n47,1\n"), limit: 1 << 20)
        let snapshot = try await snapshots.record(
            dataset: "customers", files: [("customers.csv", blob)], jurisdiction: "NL", classifications: ["personal"], by: amina)
        let experiment: Int64
        do {
            experiment = try await ExperimentTracking(governor: governor).create("churn", by: amina).id
        } catch let problem as Problem where problem.kind == .conflict {
            experiment = try await ExperimentTracking(governor: governor).named("churn", by: amina).id
        }
        let run = try await runs.create(in: experiment, name: "brisk-otter", by: amina)
        try await runs.log(RunBatch(metrics: [Metric("auc", 0.81, time: clock.now())]), on: run.id, by: amina)
        _ = try await runs.update(run.id, status: .finished, ended: clock.now(), by: amina)
        let model = try await blobs.put(Bytes("weights"), limit: 1 << 20)
        return try await registry.registerVersion(
            of: "churn",
            NewVersion(
                files: [VersionFile(path: "model.onnx", digest: model.digest, size: model.size)], runID: run.id, snapshots: [snapshot.id],
                codeCommit: "8f14e45f"), by: amina)
    }

    func evaluate(_ version: Int, auc: Double = 0.81) async throws -> GateReportAnswer {
        try await ask(
            .post, "gate-reports",
            EvaluateGateRequest(gate: "quality", checks: Self.checks, model: "churn", version: version, metrics: ["auc": auc]), as: "amina")
    }

    func approve(_ version: Int, _ report: GateReportAnswer) async throws -> ApprovalAnswer {
        let asked: ApprovalAnswer = try await ask(
            .post, "approvals", RequestApprovalRequest(endpoint: "front", model: "churn", version: version, gateReport: report.id),
            as: "amina")
        return try await ask(
            .post, "approvals/\(asked.id)/decision", DecideApprovalRequest(decision: "approve", comment: "Looks sound."), as: "bruno")
    }

    func release(_ version: Int) async throws -> ReleaseAnswer {
        let report = try await evaluate(version)
        let approval = try await approve(version, report)
        return try await ask(
            .post, "releases",
            CreateReleaseRequest(
                endpoint: "front", model: "churn", version: version, gateReport: report.id, approval: approval.id,
                plan: RolloutPlanBody(percents: [10, 30, 100])), as: "chen")
    }

    /// A logged answer of the endpoint's revision.
    func logPrediction(_ id: String, revision: Int) async throws {
        let prediction = Prediction(
            id: id, endpoint: "front", time: clock.now(), revision: revision, candidate: nil, candidatePercent: 0, inputs: ["age": 31],
            score: 0.25, logged: clock.now())
        try await database.write { try PredictionTable(transaction: $0).insert([(workspace: "main", prediction: prediction)]) }
    }
}
