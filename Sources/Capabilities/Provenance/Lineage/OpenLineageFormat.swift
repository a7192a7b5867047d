// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
import Pipelines

/// Executions and attempts of steps as OpenLineage run events, for what takes them at `/api/v1/lineage`.
///
/// A webhook names event types (`START`, `COMPLETE`, `FAIL`, `ABORT`) or all (`*`). O(1) reads for each ledger entry.
package struct OpenLineageFormat: WebhookFormat {
    package static let name = "openlineage"

    private let source: LineageEvents.Source

    package init(source: LineageEvents.Source) {
        self.source = source
    }

    package var name: String { Self.name }
    package var contentType: String { "application/json" }
    package var headers: WebhookHeaders {
        WebhookHeaders(id: "webhook-id", timestamp: "webhook-timestamp", signature: "webhook-signature")
    }

    package func check(event: String) throws(Problem) {
        if event == "*" || LineageEvents.Kind(rawValue: event) != nil { return }
        throw Problem(
            .invalid, "webhook.event.unknown", "'\(event.printable)' is not a type of OpenLineage events.",
            fix: "Name \(LineageEvents.Kind.allCases.map(\.rawValue).joined(separator: ", ")), or '*'.")
    }

    package func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage? {
        guard entry.outcome == .done, let (kind, unit) = Self.subject(of: entry), events.contains("*") || events.contains(kind.rawValue)
        else { return nil }
        let table = ExecutionTable(transaction: transaction)
        let id = entry.resource.split(separator: "/", maxSplits: 2).dropFirst().first.map(String.init) ?? ""
        guard let execution = try table.find(id),
            let version = try PipelineTable(transaction: transaction, workspace: execution.workspace)
                .find(execution.pipeline, execution.pipelineVersion)
        else { return nil }
        let pipeline = try PlannedPipelines.shared.plan(version, in: execution.workspace)
        let lineage = try LineageEvents(source, execution, pipeline, in: transaction)
        guard let unit else {
            let time = kind == .start ? execution.created : execution.ended ?? entry.time
            return try Self.message(kind, lineage.ofExecution(kind, at: time))
        }
        let result = kind == .complete ? try table.result(of: unit, id)?.outputs ?? [:] : [:]
        guard let number = entry.payload["attempt"]?.integer else {
            return try Self.message(kind, lineage.ofUnit(unit, attempt: 0, kind, at: entry.time, outputs: result))
        }
        guard let attempt = try table.attempts(of: unit, id).first(where: { $0.number == Int(number) }) else { return nil }
        return try Self.message(kind, lineage.ofAttempt(attempt, isEnd: kind != .start, outputs: result))
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage {
        let kind = LineageEvents.Kind(rawValue: event) ?? .complete
        let body: JSONValue = [
            "eventType": .string(kind.rawValue), "eventTime": .string(time.rfc3339), "producer": .string("urn:dhow:\(source.software)"),
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": ["runId": "00000000-0000-8000-8000-000000000000"],
            "job": ["namespace": .string("dhow://\(source.instance)/\(workspace)"), "name": "example"], "inputs": [], "outputs": [],
        ]
        return try Self.message(kind, body)
    }

    package func signingKey(of secret: String) -> [UInt8] { CloudEventFormat().signingKey(of: secret) }

    /// What an entry of the ledger is about here: the execution itself when there is no unit.
    private static func subject(of entry: LedgerEntry) -> (LineageEvents.Kind, StepUnit?)? {
        let parts = entry.resource.split(separator: "/", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "execution" else { return nil }
        let unit = parts.count == 3 ? StepUnit(reading: String(parts[2])) : nil
        switch (entry.verb, unit) {
        case ("attempt.started", let unit?): return (.start, unit)
        case ("attempt.ended", let unit?): return (LineageEvents.Kind(outcome: entry.payload["outcome"]?.text), unit)
        case ("step.reused", let unit?): return (.complete, unit)
        case ("execution.started", nil): return (.start, nil)
        case (let verb, nil):
            guard verb.hasPrefix("execution."), let status = ExecutionStatus(rawValue: String(verb.dropFirst("execution.".count))) else {
                return nil
            }
            return LineageEvents.Kind(status).map { ($0, nil) }
        default: return nil
        }
    }

    private static func message(_ kind: LineageEvents.Kind, _ event: JSONValue) throws -> WebhookMessage {
        WebhookMessage(event: kind.rawValue, body: try event.compactText())
    }
}
