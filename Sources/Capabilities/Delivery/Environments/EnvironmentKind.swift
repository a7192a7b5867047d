// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Environments as documents. Who froze one, and why, stands in no document.
package struct EnvironmentKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "Environment" }
    package var summary: String { "Where releases land: who must say yes, when nothing is released, how a rollout goes." }
    package var reading: Permission { .deliveryRead }
    package var writing: Permission { .gateWrite }

    package var shape: DocumentShape {
        .record([
            DocumentField("description", .text(length: 0...EnvironmentSpecification.maximumText), "For people."),
            DocumentField("region", .name, "Where it runs."),
            DocumentField(
                "jurisdictions", .list(.name, count: 1...EnvironmentSpecification.maximumJurisdictions),
                "Where the data must live that versions released here were made of."),
            DocumentField("approval", Self.approval, "Whose yes every release needs at least."),
            DocumentField(
                "freezes", .list(FreezeWindow.shape, count: 0...EnvironmentSpecification.maximumFreezes), "When nothing is released.",
                standard: .array([])),
            DocumentField("rollout", RolloutPlan.shape, "The plan of a release that brings none."),
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
        guard let environment = try EnvironmentTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try NamedSpec.withoutName(environment.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Environments.apply(try Self.specification(wanted.name, wanted.content.spec), in: change)
        return wanted.name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Environments.delete(name, in: change)
    }

    private static func specification(_ name: String, _ spec: JSONValue) throws -> EnvironmentSpecification {
        try CanonicalSpec.decode(EnvironmentSpecification.self, from: NamedSpec.withName(name, spec))
    }

    private static let approval = DocumentShape.record([
        DocumentField("approvers", .list(.name, count: 0...ApprovalRule.maximumNames), "Users by name.", standard: .array([])),
        DocumentField(
            "roles", .list(.choice(Role.allCases.map(\.rawValue)), count: 0...Role.allCases.count), "Or anyone with one of these roles.",
            standard: .array([])),
        DocumentField("count", .integer(1...ApprovalRule.maximumCount), "How many different people.", standard: .integer(1)),
    ])
}

/// A document has the name in its metadata, a specification in itself.
enum NamedSpec {
    static func withName(_ name: String, _ spec: JSONValue) -> JSONValue {
        guard case .object(var members) = spec else { preconditionFailure("The shape of this spec is a record.") }
        members["name"] = .string(name)
        return .object(members)
    }

    static func withoutName(_ specification: some Encodable) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }
}
