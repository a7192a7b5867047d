// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
import Registry
import Tracking

/// Changes of the registry in the shapes of MLflow's webhooks, whoever made them and by whichever edge.
///
/// The ledger holds no free text, so tags and descriptions are those at the moment of reading, a moment after the change; a value that
/// is gone by then is null.
package struct MLflowWebhookFormat: WebhookFormat {
    package static let name = "mlflow"
    private static let promptText = "mlflow.prompt.text"
    private static let innerPromptTags: Set<String> = [PromptFilter.tag, "_mlflow_prompt_type"]

    package init() {}

    package var name: String { Self.name }
    package var contentType: String { "application/json" }
    package var headers: WebhookHeaders {
        WebhookHeaders(id: "X-MLflow-Delivery-Id", timestamp: "X-MLflow-Timestamp", signature: "X-MLflow-Signature")
    }

    package func check(event: String) throws(Problem) {
        _ = try MLflowEvent(named: event)
    }

    package func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage? {
        guard entry.outcome == .done, let subject = Subject(entry.resource), MLflowEvent(verb: entry.verb, isPrompt: true) != nil else {
            return nil
        }
        let model = try ModelRegistry.findModel(subject.model, in: entry.workspace, transaction)
        let isPrompt = model.map { PromptFilter.isPrompt($0.tags) } ?? false
        guard let event = MLflowEvent(verb: entry.verb, isPrompt: isPrompt), events.contains(event.rawValue) else { return nil }
        var version: ModelVersion?
        if let number = subject.number {
            version = try ModelRegistry.find(subject.model, .number(number), in: entry.workspace, transaction)
        }
        let data = Self.data(of: event, subject, model, version, key: entry.payload["key"]?.text, alias: entry.payload["alias"]?.text)
        return try Self.message(event, data: data, at: entry.time)
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage {
        let event = try MLflowEvent(named: event)
        return try Self.message(event, data: event.example, at: time)
    }

    package func signingKey(of secret: String) -> [UInt8] { Array(secret.utf8) }

    private static func message(_ event: MLflowEvent, data: JSONValue, at time: Timestamp) throws -> WebhookMessage {
        let body: JSONValue = [
            "entity": .string(event.entity), "action": .string(event.action),
            // Python's form of UTC.
            "timestamp": .string(time.rfc3339.replacing("Z", with: "+00:00")), "data": data,
        ]
        return WebhookMessage(event: event.rawValue, body: try body.compactText())
    }

    private static func data(
        of event: MLflowEvent, _ subject: Subject, _ model: RegisteredModel?, _ version: ModelVersion?, key: String?, alias: String?
    ) -> JSONValue {
        var data: [String: JSONValue] = ["name": .string(subject.model)]
        let number = subject.number.map { JSONValue.string(String($0)) } ?? .null
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        func value(in tags: [Tag]?) -> JSONValue { text(tags?.first { $0.key == key }?.value) }
        switch event {
        case .registeredModelCreated:
            data["tags"] = tags(model?.tags ?? [])
            data["description"] = text(model?.description)
        case .promptCreated:
            data["tags"] = tags(model?.tags ?? [], without: innerPromptTags)
            data["description"] = text(model?.description)
        case .modelVersionCreated:
            data["version"] = number
            data["source"] = text(version?.source)
            data["run_id"] = text(version?.runID)
            data["tags"] = tags(version?.tags ?? [])
            data["description"] = text(version?.description)
        case .promptVersionCreated:
            data["version"] = number
            data["template"] = text(version?.tags.first { $0.key == promptText }?.value)
            data["tags"] = tags(version?.tags ?? [], without: innerPromptTags.union([promptText]))
            data["description"] = text(version?.description)
        case .modelVersionTagSet, .promptVersionTagSet:
            data["version"] = number
            data["key"] = text(key)
            data["value"] = value(in: version?.tags)
        case .modelVersionTagDeleted, .promptVersionTagDeleted:
            data["version"] = number
            data["key"] = text(key)
        case .promptTagSet:
            data["key"] = text(key)
            data["value"] = value(in: model?.tags)
        case .promptTagDeleted: data["key"] = text(key)
        case .modelVersionAliasCreated, .promptAliasCreated:
            data["alias"] = text(alias)
            data["version"] = number
        case .modelVersionAliasDeleted, .promptAliasDeleted: data["alias"] = text(alias)
        }
        return .object(data)
    }

    private static func tags(_ tags: [Tag], without keys: Set<String> = []) -> JSONValue {
        let kept = tags.filter { !keys.contains($0.key) }.map { ($0.key, JSONValue.string($0.value)) }
        return .object(Dictionary(kept, uniquingKeysWith: { _, last in last }))
    }

    /// `model/NAME` or `model/NAME/NUMBER`; names hold no slash.
    private struct Subject {
        var model: String
        var number: Int64?

        init?(_ resource: String) {
            let parts = resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count), parts[0] == "model" else { return nil }
            model = parts[1]
            if parts.count == 3 {
                guard let number = Int64(parts[2]) else { return nil }
                self.number = number
            }
        }
    }
}
