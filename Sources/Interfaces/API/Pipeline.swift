// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/pipelines`: a document and the files of its folder, each stored before.
package struct ApplyPipelineRequest: Codable, Sendable {
    package var document: String
    /// Path beneath the pipeline's folder to digest.
    package var sources: [String: String]
    package var codeCommit: String?

    package init(document: String, sources: [String: String], codeCommit: String? = nil) {
        self.document = document
        self.sources = sources
        self.codeCommit = codeCommit
    }
}

/// A value that executions of the pipeline are started with.
package struct ParameterAnswer: Codable, Sendable {
    package var name: String
    /// `string`, `integer`, `number`, `boolean`, `snapshot`, `list` or `mapping`.
    package var type: String
    /// Absent when a value must be given.
    package var defaultValue: JSONValue?

    package init(name: String, type: String, defaultValue: JSONValue?) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
    }
}

/// A step as declared, with all it needs.
package struct PlannedStepAnswer: Codable, Sendable {
    package var name: String
    package var kind: String
    package var needs: [String]

    package init(name: String, kind: String, needs: [String]) {
        self.name = name
        self.kind = kind
        self.needs = needs
    }
}

/// What a version of a pipeline says; absent in lists.
package struct PipelineContent: Codable, Sendable {
    package var document: String
    /// Path beneath the pipeline's folder to digest.
    package var sources: [String: String]
    package var parameters: [ParameterAnswer]
    /// In an order in which they can run.
    package var steps: [PlannedStepAnswer]

    package init(document: String, sources: [String: String], parameters: [ParameterAnswer], steps: [PlannedStepAnswer]) {
        self.document = document
        self.sources = sources
        self.parameters = parameters
        self.steps = steps
    }
}

/// A version of a pipeline.
package struct PipelineAnswer: Codable, Sendable {
    package var pipeline: String
    package var version: Int
    package var digest: String
    package var codeCommit: String?
    package var author: String
    package var created: Int64
    package var content: PipelineContent?

    package init(
        pipeline: String, version: Int, digest: String, codeCommit: String?, author: String, created: Int64, content: PipelineContent?
    ) {
        self.pipeline = pipeline
        self.version = version
        self.digest = digest
        self.codeCommit = codeCommit
        self.author = author
        self.created = created
        self.content = content
    }
}
