// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Streams as documents. Whether one is paused, and how far it is, is not declared.
package struct StreamKind: ShapedDocumentKind {
    private let streams: Streams

    package init(streams: Streams) {
        self.streams = streams
    }

    package var name: String { "Stream" }
    package var summary: String { "Takes records in from files, requests and brokers, or sends events of the ledger out to brokers." }
    package var reading: Permission { .streamRead }
    package var writing: Permission { .streamManage }
    package var shape: DocumentShape { StreamShape.spec }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try Self.specification(document.name, try document.spec.value())
        try specification.check(watching: streams.folders)
        return DocumentContent(spec: try Self.spec(of: specification))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let stream = try StreamTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try Self.spec(of: stream.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try Streams.apply(try Self.specification(wanted.name, wanted.content.spec), in: change).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Streams.delete(name, in: change)
    }

    /// A document has the name in its metadata, a specification in itself.
    private static func specification(_ name: String, _ spec: JSONValue) throws -> StreamSpecification {
        guard case .object(var members) = spec else { preconditionFailure("The shape of a stream's spec is a record.") }
        members["name"] = .string(name)
        return try CanonicalSpec.decode(StreamSpecification.self, from: .object(members))
    }

    private static func spec(of specification: StreamSpecification) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }
}
