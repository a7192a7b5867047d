// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Pipelines as documents, with the files of their folders that steps read.
package struct PipelineKind: DocumentKind {
    package init() {}

    package var name: String { "Pipeline" }
    package var summary: String { "A graph of steps that executions pass through." }
    package var reading: Permission { .pipelineRead }
    package var writing: Permission { .pipelineApply }
    package var schema: JSONValue { PipelineSchema.document }

    package func faults(in document: Document) -> [Problem] { PipelineParser.check(document.text) }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try PipelineParser.parse(document.text)
        let sources = try PipelineCatalogue.read(specification, among: folder)
        return DocumentContent(spec: try Self.spec(of: specification, sources), files: sources)
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let version = try PipelineTable(transaction: transaction, workspace: workspace).latest(name) else { return nil }
        let specification: PipelineSpecification
        do {
            specification = try PipelineParser.parse(version.document)
        } catch {
            // Applied to an older server that took what this one refuses: it differs from whatever is declared.
            return LiveObject(id: name, spec: ["digest": .string(version.digest)])
        }
        return LiveObject(id: name, spec: try Self.spec(of: specification, version.sources))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try PipelineCatalogue.save(
            wanted.text, try PipelineParser.parse(wanted.text), sources: wanted.content.files, codeCommit: wanted.commit, in: change
        ).pipeline
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try PipelineCatalogue.delete(name, in: change)
    }

    /// The name stands in the metadata. Comments and the order of fields make no other pipeline; the content of files does.
    private static func spec(of specification: PipelineSpecification, _ sources: [String: BlobDigest]) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        members["files"] = .string(StepKey.digest(ofTree: sources).description)
        return .object(members)
    }
}
