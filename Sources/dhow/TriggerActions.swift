// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import Monitoring
import Pipelines

/// Carries out what triggers do beside starting pipelines, in the transaction of the event that caused it.
struct TriggerActions: Sendable {
    let versions: VersionDirectory

    @Sendable func perform(
        _ action: TriggerAction, of trigger: Trigger, on entry: LedgerEntry, in change: Change
    ) throws -> TriggerAct {
        let reason = action.message ?? "Trigger \(trigger.name) on \(entry.verb) of \(entry.resource)."
        switch action.kind {
        case .rollBack:
            return try rollBack(endpoint(of: action, entry), because: reason, in: change)
        case .freeze:
            guard let environment = action.environment else {
                return .declined("No environment is named.")
            }
            try Environments.freeze(environment, because: reason, versions: versions, in: change)
            return .acted("environment/\(environment)")
        case .notify:
            try change.record(
                "trigger.notified", on: trigger.resource,
                [
                    "entry": .string(entry.id), "verb": .string(entry.verb),
                    "resource": .string(entry.resource), "message": .string(reason),
                ])
            return .acted(trigger.resource)
        case .ask:
            return .acted(
                try Incidents.ask(reason, about: endpoint(of: action, entry), by: trigger.name, in: change))
        case .respond:
            let endpoint = try endpoint(of: action, entry)
            switch FaultResponse(
                try FaultResponse.Evidence(of: endpoint, told: entry, lastResponse: trigger.lastStarted, in: change.transaction),
                at: change.time)
            {
            case .retrain: return .start
            case .wait(_, let because): return .declined(because)
            case .rollBack(let because): return try rollBack(endpoint, because: because, in: change)
            }
        }
    }

    private func rollBack(_ endpoint: String, because reason: String, in change: Change) throws
        -> TriggerAct
    {
        guard
            let rollout = try Rollouts.rollBackNewest(
                of: endpoint, because: reason, versions: versions, in: change)
        else {
            return .declined("Endpoint '\(endpoint)' has no rollout.")
        }
        return .acted("rollout/\(rollout.id)")
    }

    private func endpoint(of action: TriggerAction, _ entry: LedgerEntry) throws -> String {
        if let endpoint = action.endpoint ?? entry.payload["endpoint"]?.text { return endpoint }
        throw Problem(
            .rejected, "trigger.action.endpoint", "Neither the trigger nor the event names an endpoint.",
            fix: "Give action.endpoint.")
    }
}
