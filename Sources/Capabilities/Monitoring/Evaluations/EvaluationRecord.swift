// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Keeps an evaluation with its measurements, its incident and its ledger entries, in the transaction of one change.
struct EvaluationRecord {
    let change: Change
    let specification: MonitorSpecification

    private var evaluations: EvaluationTable { EvaluationTable(transaction: change.transaction, workspace: change.workspace) }

    /// - Returns: The evaluation as kept, with what it knows of open incidents.
    func keep(_ draft: Evaluation) throws -> Evaluation {
        var evaluation = draft
        let open = try Incidents.open(endpoint: evaluation.endpoint, workspace: change.workspace, in: change.transaction)
        evaluation.retrainBlocked = evaluation.verdict == .faulty || !open.isEmpty
        let document = try DocumentText.encode(evaluation)
        let payload = evaluation.payload(digest: DocumentText.digest(of: document))
        try evaluations.insert(evaluation, document: document)
        let resource = "monitor/\(evaluation.monitor)"
        try change.record("monitor.evaluated", on: resource, payload)

        // A fault of a window that was told once opens no incident again.
        var known: Set<String> = []
        switch evaluation.verdict {
        case .faulty:
            if try evaluations.claimEvent("data.faulted", for: evaluation) {
                try change.record("data.faulted", on: resource, payload)
            } else {
                known.insert(MonitorRule.dataFault)
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
        try AlarmDesk(change: change, specification: specification).take(
            evaluation.findings.readings(specification), of: evaluation, known: known)
        return evaluation
    }
}
