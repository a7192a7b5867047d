// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Keeps an evaluation with its measurements, its incident and its ledger entries, in the transaction of one change.
struct EvaluationRecord {
    let change: Change

    private var evaluations: EvaluationTable { EvaluationTable(transaction: change.transaction, workspace: change.workspace) }
    private var incidents: IncidentTable { IncidentTable(transaction: change.transaction, workspace: change.workspace) }

    /// - Returns: The evaluation as kept, with what it knows of open incidents.
    func keep(_ draft: Evaluation) throws -> Evaluation {
        var evaluation = draft
        let open = try incidents.open(endpoint: evaluation.endpoint)
        evaluation.retrainBlocked = evaluation.verdict == .faulty || !open.isEmpty
        let document = try DocumentText.encode(evaluation)
        let payload = evaluation.payload(digest: DocumentText.digest(of: document))
        try evaluations.insert(evaluation, document: document)
        let resource = "monitor/\(evaluation.monitor)"
        try change.record("monitor.evaluated", on: resource, payload)

        switch evaluation.verdict {
        case .faulty:
            if try evaluations.claimEvent("data.faulted", for: evaluation) {
                try change.record("data.faulted", on: resource, payload)
                if !open.contains(where: { $0.monitor == evaluation.monitor }) { try openIncident(evaluation) }
            }
        case .degraded, .drifted, .undecided:
            let hasDrifted = evaluation.findings.features.contains { $0.level != .none }
            if hasDrifted, try evaluations.claimEvent("drift.detected", for: evaluation) {
                try change.record("drift.detected", on: resource, payload)
            }
            if evaluation.verdict == .degraded, try evaluations.claimEvent("performance.breached", for: evaluation) {
                try change.record("performance.breached", on: resource, payload)
            }
        case .healthy:
            break
        }
        return evaluation
    }

    private func openIncident(_ evaluation: Evaluation) throws {
        let incident = Incident(
            id: change.newIdentifier(), endpoint: evaluation.endpoint, monitor: evaluation.monitor, kind: .dataFault,
            summary: evaluation.findings.faults.map(\.explanation).joined(separator: " "), window: evaluation.window,
            evaluation: evaluation.id, opened: change.time)
        try incidents.insert(incident)
        try change.record(
            "incident.opened", on: "incident/\(incident.id)",
            [
                "endpoint": .string(incident.endpoint), "monitor": .string(incident.monitor), "kind": .string(incident.kind.rawValue),
                "evaluation": .string(evaluation.id), "windowStart": .integer(incident.window.start.milliseconds),
                "windowEnd": .integer(incident.window.end.milliseconds),
            ])
    }
}
