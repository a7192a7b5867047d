// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Triggers as documents.
package struct TriggerKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "Trigger" }
    package var summary: String { "Starts a pipeline when an event comes." }
    package var reading: Permission { .pipelineRead }
    package var writing: Permission { .pipelineApply }

    package var shape: DocumentShape {
        .record([
            DocumentField(
                "event", .text(pattern: "[a-z0-9-]+[.][a-z0-9-]+", length: 1...100), "The event, such as 'performance.breached'.",
                isRequired: true),
            DocumentField("resource", .text(length: 1...500), "Only events about this resource or beneath it, such as 'endpoint/flights'."),
            DocumentField("pipeline", .name, "The pipeline to start.", isRequired: true),
            DocumentField("parameters", .map(.anything), "The values that executions are started with.", standard: [:]),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let spec = try CanonicalSpec.decode(Spec.self, from: try document.spec.value())
        try Triggers.check(document.name, verb: spec.event, resource: spec.resource)
        return DocumentContent(spec: try CanonicalSpec.encode(spec))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let trigger = try TriggerTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        let spec = Spec(event: trigger.verb, resource: trigger.resource, pipeline: trigger.pipeline, parameters: trigger.parameters)
        return LiveObject(id: name, spec: try CanonicalSpec.encode(spec))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        let spec = try CanonicalSpec.decode(Spec.self, from: wanted.content.spec)
        return try Triggers.apply(
            wanted.name, verb: spec.event, resource: spec.resource, pipeline: spec.pipeline, parameters: spec.parameters, in: change
        ).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try TriggerTable(transaction: change.transaction, workspace: change.workspace).delete(name)
        try change.record("trigger.deleted", on: "trigger/\(name)")
    }

    private struct Spec: Codable {
        var event: String
        var resource: String?
        var pipeline: String
        var parameters: [String: JSONValue]

        init(event: String, resource: String?, pipeline: String, parameters: [String: JSONValue]) {
            self.event = event
            self.resource = resource
            self.pipeline = pipeline
            self.parameters = parameters
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            event = try container.decode(String.self, forKey: .event)
            resource = try container.decodeIfPresent(String.self, forKey: .resource)
            pipeline = try container.decode(String.self, forKey: .pipeline)
            parameters = try container.decodeIfPresent([String: JSONValue].self, forKey: .parameters) ?? [:]
        }
    }
}
