// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A document as it was sent: `apiVersion: dhow/v1`, `kind`, `metadata: {name: …}` and a `spec` that its kind reads.
package struct Document {
    package static let apiVersion = "dhow/v1"

    package var kind: String
    package var name: String
    package var spec: DocumentNode
    /// All of it, as it was written.
    package var text: String

    /// - Parameter kinds: Those that are known, for the refusal of others.
    /// - Throws: `Problem` `.invalid` that names line and column.
    package init(_ text: String, kinds: [String], codes: String) throws(Problem) {
        let root = try DocumentNode.root(of: text, codes: codes)
        let fields = try root.members(["apiVersion", "kind", "metadata", "spec"])
        func required(_ field: String, _ example: String) throws(Problem) -> DocumentNode {
            guard let node = fields[field] else { throw root.missing(field, fix: "Add '\(field): \(example)'.") }
            return node
        }
        let version = try required("apiVersion", Self.apiVersion)
        guard try version.text() == Self.apiVersion else {
            throw version.problem(
                "apiversion.unknown", "The 'apiVersion' is '\(try version.text().printable)'.",
                why: "Only '\(Self.apiVersion)' is read here.",
                fix: "Write 'apiVersion: \(Self.apiVersion)'.")
        }
        let kind = try required("kind", kinds.first ?? "…")
        self.kind = try kind.text()
        guard kinds.contains(self.kind) else {
            throw kind.problem(
                "kind.unknown", "There is no kind '\(self.kind.printable)'.", why: "The kinds are \(kinds.joined(separator: ", ")).",
                fix: DocumentNode.suggestion(for: self.kind, among: kinds) ?? "Write one of them.")
        }
        let metadata = try required("metadata", "{name: …}")
        guard let name = try metadata.named("'metadata'").members(["name"])["name"] else {
            throw metadata.named("'metadata'").missing("name", fix: "Add 'metadata: {name: …}'.")
        }
        self.name = try name.named("'metadata.name'").name(of: self.kind)
        spec = try required("spec", "…").named("'spec'")
        self.text = text
    }
}
