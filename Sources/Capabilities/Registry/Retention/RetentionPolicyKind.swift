// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance
import Tracking

/// Retention policies as documents: of the workspace, or of the experiment that the spec names.
package struct RetentionPolicyKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "RetentionPolicy" }
    package var summary: String { "How long the workspace, or one of its experiments, keeps what it tracks." }
    package var reading: Permission { .retentionRead }
    package var writing: Permission { .retentionManage }

    package var shape: DocumentShape {
        let days = DocumentShape.integer(0...Int(RetentionPolicy.maximumDays))
        return .record([
            DocumentField("experiment", .text(length: 1...500), "The experiment's name; left out for the workspace's own policy."),
            DocumentField("deletedDays", days, "Days after which what was put away is purged."),
            DocumentField("unreferredDays", days, "Days after their end when runs that nothing refers to are put away."),
            DocumentField("traceDays", days, "Days after which traces are deleted."),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let spec = try CanonicalSpec.decode(Spec.self, from: try document.spec.value())
        try spec.policy(of: nil).check()
        return DocumentContent(spec: try CanonicalSpec.encode(spec))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        let experiment: Int64?
        if let id {
            experiment = Self.experiment(of: id)
        } else {
            let wanted = try wanted.map { try CanonicalSpec.decode(Spec.self, from: $0.spec) }
            experiment = try wanted?.experiment.map { try Self.require($0, in: transaction, workspace) }
        }
        let policies = try RetentionPolicyTable(transaction: transaction, workspace: workspace).list()
        guard let policy = policies.first(where: { $0.experiment == experiment }) else { return nil }
        let spec = Spec(
            experiment: try policy.experiment.map { try Self.experimentName($0, in: transaction) }, deletedDays: policy.deletedDays,
            unreferredDays: policy.unreferredDays, traceDays: policy.traceDays)
        return LiveObject(id: Self.id(of: policy.experiment), spec: try CanonicalSpec.encode(spec))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        let spec = try CanonicalSpec.decode(Spec.self, from: wanted.content.spec)
        let id = Self.id(of: try spec.experiment.map { try Self.require($0, in: change.transaction, change.workspace) })
        guard live == nil || live?.id == id else {
            throw Problem(
                .invalid, "retention.policy.moved", "Policy '\(wanted.name)' cannot become that of another experiment.",
                fix: "Declare another policy under another name.")
        }
        _ = try Retention.set(spec.policy(of: Self.experiment(of: id)), in: change)
        return id
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Retention.delete(of: Self.experiment(of: live.id), in: change)
    }

    private static func require(_ name: String, in transaction: any Transaction, _ workspace: String) throws -> Int64 {
        let row = try transaction.row("SELECT id FROM experiment WHERE workspace = ? AND name = ?", workspace, name)
        guard let row else {
            throw Problem(
                .notFound, "retention.experiment.unknown", "There is no experiment '\(name.printable)'.",
                fix: "List them: dhow experiment list.")
        }
        return try row["id"]
    }

    private static func experimentName(_ id: Int64, in transaction: any Transaction) throws -> String {
        try transaction.row("SELECT name FROM experiment WHERE id = ?", id)?["name"] ?? "\(id)"
    }

    private static func id(of experiment: Int64?) -> String { experiment.map { "experiment/\($0)" } ?? "workspace" }

    private static func experiment(of id: String) -> Int64? { Int64(id.drop { $0 != "/" }.dropFirst()) }

    private struct Spec: Codable {
        var experiment: String?
        var deletedDays: Int64?
        var unreferredDays: Int64?
        var traceDays: Int64?

        func policy(of experiment: Int64?) -> RetentionPolicy {
            RetentionPolicy(experiment: experiment, deletedDays: deletedDays, unreferredDays: unreferredDays, traceDays: traceDays)
        }
    }
}
