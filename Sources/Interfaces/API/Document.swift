// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A file of documents, as it is sent.
package struct DocumentFile: Codable, Sendable {
    /// As errors name it.
    package var name: String
    /// YAML or JSON; several documents are divided by lines of `---`.
    package var text: String
    /// The key in `folders` of the files beside it; absent when no document of it needs any.
    package var folder: String?

    package init(name: String, text: String, folder: String?) {
        self.name = name
        self.text = text
        self.folder = folder
    }
}

/// `POST /api/v1/documents`, `…/plan` and `…/delete`: the documents of one source.
package struct DocumentsRequest: Codable, Sendable {
    package var source: String
    package var files: [DocumentFile]
    /// By folder: path to digest of each file in it.
    package var folders: [String: [String: String]]?
    /// Also delete objects of the source that no document declares any more.
    package var prune: Bool?
    /// Also take objects of other sources, and those that nobody declares.
    package var takeOver: Bool?
    package var commit: String?
    /// Apply only: the digest of the plan that was seen.
    package var plan: String?
    /// Delete only: say what would be done, and do nothing.
    package var dryRun: Bool?
    /// Delete only: everything that the source declares; `files` is empty.
    package var all: Bool?

    package init(
        source: String, files: [DocumentFile], folders: [String: [String: String]]? = nil, prune: Bool? = nil, takeOver: Bool? = nil,
        commit: String? = nil, plan: String? = nil, dryRun: Bool? = nil, all: Bool? = nil
    ) {
        self.source = source
        self.files = files
        self.folders = folders
        self.prune = prune
        self.takeOver = takeOver
        self.commit = commit
        self.plan = plan
        self.dryRun = dryRun
        self.all = all
    }
}

/// A place where two specs differ; a side that has nothing there is absent.
package struct FieldChangeAnswer: Codable, Sendable {
    package var path: String
    package var from: JSONValue?
    package var to: JSONValue?

    package init(path: String, from: JSONValue?, to: JSONValue?) {
        self.path = path
        self.from = from
        self.to = to
    }
}

/// What is done to one object.
package struct PlannedObjectAnswer: Codable, Sendable {
    package var kind: String
    package var name: String
    /// `create`, `update`, `delete` or `no-change`.
    package var action: String
    package var generation: Int
    package var digest: String
    package var changes: [FieldChangeAnswer]
    /// Whether someone changed or deleted it by other ways since it was last applied.
    package var drifted: Bool
    /// The source that it is taken from; empty when nobody declared it.
    package var takenFrom: String?
    package var file: String?
    package var line: Int?

    package init(
        kind: String, name: String, action: String, generation: Int, digest: String, changes: [FieldChangeAnswer], drifted: Bool,
        takenFrom: String?, file: String?, line: Int?
    ) {
        self.kind = kind
        self.name = name
        self.action = action
        self.generation = generation
        self.digest = digest
        self.changes = changes
        self.drifted = drifted
        self.takenFrom = takenFrom
        self.file = file
        self.line = line
    }
}

/// What would be done, or was.
package struct DocumentPlanAnswer: Codable, Sendable {
    package var source: String
    /// To give back as `plan` with what is then applied.
    package var digest: String
    package var hasChanges: Bool
    package var objects: [PlannedObjectAnswer]
    /// What stands in the way.
    package var errors: [Problem.Fault]
    /// Digests of the files that must be stored before it is applied.
    package var files: [String]

    package init(
        source: String, digest: String, hasChanges: Bool, objects: [PlannedObjectAnswer], errors: [Problem.Fault], files: [String]
    ) {
        self.source = source
        self.digest = digest
        self.hasChanges = hasChanges
        self.objects = objects
        self.errors = errors
        self.files = files
    }
}

/// An object that a source declares, as it was last applied.
package struct DocumentAnswer: Codable, Sendable {
    package var kind: String
    package var name: String
    package var source: String
    package var generation: Int
    package var digest: String
    package var file: String
    package var commit: String?
    package var author: String
    package var created: Int64
    package var applied: Int64
    /// With standard values filled in; absent in lists.
    package var spec: JSONValue?
    /// As written; absent in lists.
    package var document: String?

    package init(
        kind: String, name: String, source: String, generation: Int, digest: String, file: String, commit: String?, author: String,
        created: Int64, applied: Int64, spec: JSONValue?, document: String?
    ) {
        self.kind = kind
        self.name = name
        self.source = source
        self.generation = generation
        self.digest = digest
        self.file = file
        self.commit = commit
        self.author = author
        self.created = created
        self.applied = applied
        self.spec = spec
        self.document = document
    }
}

/// A declared object beside what there is.
package struct DriftAnswer: Codable, Sendable {
    package var object: DocumentAnswer
    /// `same`, `changed` or `deleted`.
    package var state: String
    /// From what was applied to what there is.
    package var changes: [FieldChangeAnswer]

    package init(object: DocumentAnswer, state: String, changes: [FieldChangeAnswer]) {
        self.object = object
        self.state = state
        self.changes = changes
    }
}

/// A kind of documents; its JSON Schema is at `schema`.
package struct DocumentKindAnswer: Codable, Sendable {
    package var kind: String
    package var summary: String
    package var schema: String

    package init(kind: String, summary: String, schema: String) {
        self.kind = kind
        self.summary = summary
        self.schema = schema
    }
}
