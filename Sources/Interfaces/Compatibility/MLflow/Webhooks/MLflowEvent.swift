// SPDX-License-Identifier: Apache-2.0

import Domain

/// The events that MLflow's webhooks can name: an entity and what was done to it.
enum MLflowEvent: String, CaseIterable, Sendable {
    case registeredModelCreated = "registered_model.created"
    case modelVersionCreated = "model_version.created"
    case modelVersionTagSet = "model_version_tag.set"
    case modelVersionTagDeleted = "model_version_tag.deleted"
    case modelVersionAliasCreated = "model_version_alias.created"
    case modelVersionAliasDeleted = "model_version_alias.deleted"
    case promptCreated = "prompt.created"
    case promptVersionCreated = "prompt_version.created"
    case promptTagSet = "prompt_tag.set"
    case promptTagDeleted = "prompt_tag.deleted"
    case promptVersionTagSet = "prompt_version_tag.set"
    case promptVersionTagDeleted = "prompt_version_tag.deleted"
    case promptAliasCreated = "prompt_alias.created"
    case promptAliasDeleted = "prompt_alias.deleted"

    /// - Throws: `Problem` `.invalid`.
    init(named text: String) throws(Problem) {
        guard let event = Self(rawValue: text) else {
            let isBudget = text == "budget_policy.exceeded"
            throw Problem(
                .invalid, "mlflow.event.unknown", "'\(text.printable)' is not an event of webhooks here.",
                why: isBudget ? "There is no gateway whose budget could be exceeded." : nil,
                fix: "Use one of \(Self.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self = event
    }

    var entity: String { String(rawValue.prefix { $0 != "." }) }
    var action: String { String(rawValue.drop { $0 != "." }.dropFirst()) }

    /// The event that a verb of the ledger is; nil for one that MLflow has no word for.
    init?(verb: String, isPrompt: Bool) {
        switch (verb, isPrompt) {
        case ("model.created", false): self = .registeredModelCreated
        case ("model.created", true): self = .promptCreated
        case ("version.registered", false): self = .modelVersionCreated
        case ("version.registered", true): self = .promptVersionCreated
        case ("version.tagged", false): self = .modelVersionTagSet
        case ("version.tagged", true): self = .promptVersionTagSet
        case ("version.untagged", false): self = .modelVersionTagDeleted
        case ("version.untagged", true): self = .promptVersionTagDeleted
        case ("alias.set", false): self = .modelVersionAliasCreated
        case ("alias.set", true): self = .promptAliasCreated
        case ("alias.deleted", false): self = .modelVersionAliasDeleted
        case ("alias.deleted", true): self = .promptAliasDeleted
        case ("model.tagged", true): self = .promptTagSet
        case ("model.untagged", true): self = .promptTagDeleted
        default: return nil
        }
    }

    /// The data of a test.
    var example: JSONValue {
        let isPrompt = rawValue.hasPrefix("prompt")
        let name: JSONValue = isPrompt ? "example_prompt" : "example_model"
        let tags: JSONValue = ["example_key": "example_value"]
        switch self {
        case .registeredModelCreated, .promptCreated:
            return ["name": name, "tags": tags, "description": isPrompt ? "An example prompt" : "An example registered model"]
        case .modelVersionCreated:
            return [
                "name": name, "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678", "tags": tags,
                "description": "An example model version",
            ]
        case .promptVersionCreated:
            return [
                "name": name, "version": "1", "template": "Hello {{name}}!", "tags": tags, "description": "An example prompt version",
            ]
        case .modelVersionTagSet, .promptVersionTagSet:
            return ["name": name, "version": "1", "key": "example_key", "value": "example_value"]
        case .modelVersionTagDeleted, .promptVersionTagDeleted: return ["name": name, "version": "1", "key": "example_key"]
        case .promptTagSet: return ["name": name, "key": "example_key", "value": "example_value"]
        case .promptTagDeleted: return ["name": name, "key": "example_key"]
        case .modelVersionAliasCreated, .promptAliasCreated: return ["name": name, "alias": "example_alias", "version": "1"]
        case .modelVersionAliasDeleted, .promptAliasDeleted: return ["name": name, "alias": "example_alias"]
        }
    }
}
