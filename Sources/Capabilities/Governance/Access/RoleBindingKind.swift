// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain

/// Roles of principals in the workspace, as documents.
package struct RoleBindingKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "RoleBinding" }
    package var summary: String { "Gives a principal a role in the workspace." }
    package var reading: Permission { .identityRead }
    package var writing: Permission { .identityManage }

    package var shape: DocumentShape {
        .record([
            DocumentField("principal", .name, "A user or service account that has been made with its first token.", isRequired: true),
            DocumentField("role", .choice(Role.allCases.map(\.rawValue)), "The role that it holds.", isRequired: true),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        DocumentContent(spec: try CanonicalSpec.encode(try CanonicalSpec.decode(Spec.self, from: try document.spec.value())))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        let spec = try id.flatMap(Spec.init) ?? wanted.map { try CanonicalSpec.decode(Spec.self, from: $0.spec) }
        guard let spec, try BindingTable(transaction: transaction).roles(of: spec.principal)[workspace]?.contains(spec.role) == true else {
            return nil
        }
        return LiveObject(id: spec.id, spec: try CanonicalSpec.encode(spec))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        let spec = try CanonicalSpec.decode(Spec.self, from: wanted.content.spec)
        if let live { try delete(wanted.name, live, in: change) }
        try Identity.bind(spec.binding(in: change.workspace), in: change)
        return spec.id
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        let spec = try CanonicalSpec.decode(Spec.self, from: live.spec)
        try Identity.unbind(spec.binding(in: change.workspace), in: change)
    }

    private struct Spec: Codable {
        var principal: String
        var role: Role

        /// The principal's name has no `/`.
        var id: String { "\(principal)/\(role.rawValue)" }

        init?(_ id: String) {
            let parts = id.split(separator: "/").map(String.init)
            guard parts.count == 2, let role = Role(rawValue: parts[1]) else { return nil }
            (principal, self.role) = (parts[0], role)
        }

        func binding(in workspace: String) -> Binding { Binding(principal: principal, workspace: workspace, role: role) }
    }
}
