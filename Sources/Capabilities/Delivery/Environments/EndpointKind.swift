// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Endpoints as documents: the rules for what is released to them. Revisions and traffic come from releases.
package struct EndpointKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "Endpoint" }
    package var summary: String { "An address that answers predictions: its environment, its model, its owner, how a rollout goes." }
    package var reading: Permission { .deliveryRead }
    package var writing: Permission { .gateWrite }

    package var shape: DocumentShape {
        .record([
            DocumentField("environment", .name, "The environment whose rules hold for its releases.", isRequired: true),
            DocumentField("model", .name, "The only model that may be released to it."),
            DocumentField("owner", .text(length: 1...200), "Whom to ask."),
            DocumentField("description", .text(length: 0...EnvironmentSpecification.maximumText), "For people."),
            DocumentField("rollout", RolloutPlan.shape, "The plan of a release that brings none; before the environment's."),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try Self.specification(document.name, try document.spec.value())
        try specification.validate()
        return DocumentContent(spec: try NamedSpec.withoutName(specification))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let endpoint = try DeclaredEndpointTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try NamedSpec.withoutName(endpoint))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Environments.apply(try Self.specification(wanted.name, wanted.content.spec), in: change)
        return wanted.name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Environments.deleteEndpoint(name, in: change)
    }

    private static func specification(_ name: String, _ spec: JSONValue) throws -> EndpointSpecification {
        try CanonicalSpec.decode(EndpointSpecification.self, from: NamedSpec.withName(name, spec))
    }
}
