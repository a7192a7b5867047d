// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Triggers as documents. Whether one is paused is not declared.
package struct TriggerKind: ShapedDocumentKind {
    private let triggers: Triggers

    package init(triggers: Triggers) {
        self.triggers = triggers
    }

    package var name: String { "Trigger" }
    package var summary: String { "Starts a pipeline at times, on events, on CloudEvents that others send, or when files come." }
    package var reading: Permission { .pipelineRead }
    package var writing: Permission { .pipelineApply }
    package var shape: DocumentShape { TriggerShape.spec }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try Self.specification(document.name, try document.spec.value())
        try triggers.check(specification)
        return DocumentContent(spec: try Self.spec(of: specification))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let trigger = try TriggerTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try Self.spec(of: trigger.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Triggers.apply(try Self.specification(wanted.name, wanted.content.spec), in: change).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Triggers.delete(name, in: change)
    }

    /// A document has the name in its metadata, a specification in itself.
    private static func specification(_ name: String, _ spec: JSONValue) throws -> TriggerSpecification {
        guard case .object(var members) = spec else { preconditionFailure("The shape of a trigger's spec is a record.") }
        members["name"] = .string(name)
        return try TriggerSpecification.read(.object(members))
    }

    private static func spec(of specification: TriggerSpecification) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }
}
