// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain

/// What can be declared: how documents of one kind are read, compared with what there is, and made true.
///
/// A capability has one value for each kind that it owns; `DocumentKinds` holds all of an installation.
package protocol DocumentKind: Sendable {
    /// Such as `Monitor`.
    var name: String { get }
    /// One sentence for people.
    var summary: String { get }
    /// The JSON Schema of whole documents.
    var schema: JSONValue { get }
    /// What one must hold to see objects of the kind, and to change them.
    var reading: Permission { get }
    var writing: Permission { get }

    /// Everything wrong with the document's form, with places. What `content(of:with:)` refuses by itself need not be told here.
    func faults(in document: Document) -> [Problem]

    /// What a document of good form asks for.
    ///
    /// - Parameter folder: The files that lie beside the document, by path.
    /// - Throws: `Problem`, with its place where there is one (`DocumentPlace`).
    func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent

    /// What cannot be checked in a transaction.
    func check(_ content: DocumentContent) async throws

    /// The object as it stands.
    ///
    /// - Parameters:
    ///   - id: What `apply` gave for it; nil for one that was never declared.
    ///   - wanted: What a document asks for; nil when it is only looked at.
    func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject?

    /// Makes the object as the document says, with the ledger entries that making it by hand has.
    ///
    /// - Returns: Its id.
    func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String

    func delete(_ name: String, _ live: LiveObject, in change: Change) throws
}

extension DocumentKind {
    package func check(_ content: DocumentContent) async throws {}
}

/// A kind with one description of its `spec` for both its check and its schema.
package protocol ShapedDocumentKind: DocumentKind {
    var shape: DocumentShape { get }
}

extension ShapedDocumentKind {
    package var schema: JSONValue { DocumentShape.document(kind: name, summary: summary, spec: shape) }
    package func faults(in document: Document) -> [Problem] { shape.faults(in: document.spec) }
}

/// What a document asks for.
package struct DocumentContent: Sendable, Equatable {
    /// All that is said and all that is left out with its standard value: the same wish is the same value.
    package var spec: JSONValue
    /// The files beside the document that belong to the object.
    package var files: [String: BlobDigest]

    package init(spec: JSONValue, files: [String: BlobDigest] = [:]) {
        self.spec = spec
        self.files = files
    }
}

/// What a document asks for, with what is kept of where it came from.
package struct DeclaredContent: Sendable {
    package var name: String
    package var content: DocumentContent
    /// The document as it was written.
    package var text: String
    package var commit: String?
}

/// An object as it stands, in the same words as `DocumentContent`.
package struct LiveObject: Sendable, Equatable {
    package var id: String
    package var spec: JSONValue

    package init(id: String, spec: JSONValue) {
        self.id = id
        self.spec = spec
    }
}
