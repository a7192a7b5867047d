// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
package import Domain
import Foundation
package import Governance

/// A pipeline as it was applied: the document and the files of its folder that its steps may read.
package struct PipelineVersion: Codable, Sendable, Equatable {
    package var pipeline: String
    package var version: Int
    package var digest: String
    package var document: String
    /// Path beneath the pipeline's folder to blob.
    package var sources: [String: BlobDigest]
    package var codeCommit: String?
    package var author: String
    package var created: Timestamp
}

/// The use cases of pipelines as documents.
package struct PipelineCatalogue: Sendable {
    package static let maximumSources = 10_000
    /// Pipelines that are looked at to check the calls of one.
    private static let maximumCalled = 100
    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Applies a document with its files; the same again is the same version.
    ///
    /// - Parameter sources: Blobs put within the store's grace period. Those that no step reads are left out: they make no new version.
    /// - Throws: `Problem` `.invalid` also when a step's `source` or locked requirements name no file, or when a pipeline that a step calls
    ///   is there and takes other parameters or gives other outputs.
    package func apply(_ document: String, sources: [String: BlobDigest], codeCommit: String?, by caller: Caller) async throws
        -> PipelineVersion
    {
        let specification = try PipelineParser.parse(document)
        let sources = try Self.read(specification, among: sources)
        return try await governor.change(.pipelineApply, by: caller) {
            try Self.save(document, specification, sources: sources, codeCommit: codeCommit, in: $0)
        }
    }

    /// - Parameters:
    ///   - document: That the specification was read from.
    ///   - sources: Those that its steps read.
    static func save(
        _ document: String, _ specification: PipelineSpecification, sources: [String: BlobDigest], codeCommit: String?, in change: Change
    ) throws -> PipelineVersion {
        try checkCalls(of: specification, in: document, change)
        let name = specification.name
        let digest = try digest(document, sources, codeCommit)
        let table = PipelineTable(transaction: change.transaction, workspace: change.workspace)
        if let last = try table.latest(name), last.digest == digest { return last }
        let version = PipelineVersion(
            pipeline: name, version: try table.lastNumber(name) + 1, digest: digest, document: document, sources: sources,
            codeCommit: codeCommit, author: change.caller.principal.qualifiedName, created: change.time)
        try table.insert(version)
        let references = BlobReferenceTable(transaction: change.transaction)
        let holder = "pipeline/\(change.workspace)/\(version.pipeline)/\(version.version)"
        for blob in Set(sources.values) { try references.hold(blob, by: holder) }
        try change.record(
            "pipeline.applied", on: "pipeline/\(version.pipeline)",
            [
                "version": .integer(Int64(version.version)), "digest": .string(digest),
                "codeCommit": codeCommit.map { .string($0) } ?? .null,
            ])
        return version
    }

    /// Takes the pipeline out of use. Executions of its versions go on and stay; applied again, it counts on from its last version.
    ///
    /// - Throws: `Problem` `.conflict` while a trigger starts it.
    static func delete(_ name: String, in change: Change) throws {
        let triggers = try TriggerTable(transaction: change.transaction, workspace: change.workspace).all()
        if let trigger = triggers.first(where: { $0.pipeline == name }) {
            throw Problem(
                .conflict, "pipelines.pipeline.used", "Trigger '\(trigger.name)' starts pipeline '\(name.printable)'.",
                fix: "Delete the trigger first, or let it start another one.")
        }
        let table = PipelineTable(transaction: change.transaction, workspace: change.workspace)
        let version = PipelineVersion(
            pipeline: name, version: try table.lastNumber(name) + 1, digest: "", document: PipelineTable.deletion, sources: [:],
            codeCommit: nil, author: change.caller.principal.qualifiedName, created: change.time)
        try table.insert(version)
        try change.record("pipeline.deleted", on: "pipeline/\(name)", ["version": .integer(Int64(version.version))])
    }

    /// - Parameter version: The newest when nil.
    /// - Throws: `Problem` `.notFound`.
    package func get(_ pipeline: String, version: Int? = nil, by caller: Caller) async throws -> PipelineVersion {
        let found = try await governor.read(.pipelineRead, by: caller) { transaction in
            let table = PipelineTable(transaction: transaction, workspace: caller.workspace)
            return try version.map { try table.find(pipeline, $0) } ?? table.latest(pipeline)
        }
        guard let found else { throw PipelineTable.unknown(pipeline) }
        return found
    }

    package func list(by caller: Caller) async throws -> [PipelineVersion] {
        try await governor.read(.pipelineRead, by: caller) {
            try PipelineTable(transaction: $0, workspace: caller.workspace).latestOfEach()
        }
    }

    /// A call must fit what is called, as far as that is there: parameters that it takes, outputs that it gives.
    private static func checkCalls(of specification: PipelineSpecification, in document: String, _ change: Change) throws {
        let names = Set(specification.steps.compactMap(\.calledPipeline))
        guard !names.isEmpty else { return }
        let table = PipelineTable(transaction: change.transaction, workspace: change.workspace)
        var found: [String: PipelineSpecification] = [:]
        var open = names.subtracting([specification.name])
        while let name = open.popFirst(), found.count < maximumCalled {
            guard let version = try table.latest(name) else { continue }
            let called = try PipelineParser.parse(version.document)
            found[name] = called
            open.formUnion(called.steps.compactMap(\.calledPipeline).filter { found[$0] == nil && $0 != specification.name })
        }
        if !found.isEmpty { _ = try PipelineParser.parse(document, calling: found) }
    }

    /// The files that steps read.
    static func read(_ specification: PipelineSpecification, among sources: [String: BlobDigest]) throws(Problem) -> [String:
        BlobDigest]
    {
        guard sources.count <= maximumSources else {
            throw Problem(
                .tooLarge, "pipelines.source.tooMany", "The pipeline comes with \(sources.count) files.",
                why: "At most \(maximumSources) are taken.", fix: "Apply a folder that holds only the pipeline's own files.")
        }
        if let bad = sources.keys.first(where: { !RelativePath.isContained($0) }) {
            throw Problem(.invalid, "pipelines.source.malformed", "'\(bad.printable)' is not a path beneath the pipeline's folder.")
        }
        var read: [String: BlobDigest] = [:]
        for step in specification.steps {
            for pattern in step.source {
                let matching = sources.filter { pattern.matches($0.key) }
                guard !matching.isEmpty else {
                    throw Problem(
                        .invalid, "pipelines.source.absent", "The source '\(pattern.text.printable)' of step '\(step.name)' names no file.",
                        why: "\(sources.count) files came with the pipeline, none of that name.",
                        fix: "Put the file in the pipeline's folder, or correct 'source'.")
                }
                read.merge(matching) { first, _ in first }
            }
            guard case .python(let lock) = step.runtime else { continue }
            guard let digest = sources[lock] else {
                throw Problem(
                    .invalid, "pipelines.source.absent",
                    "The locked requirements '\(lock.printable)' of step '\(step.name)' are not there.",
                    why: "\(sources.count) files came with the pipeline, none of that name.",
                    fix: "Put the file in the pipeline's folder, or correct 'runtime.python'.")
            }
            read[lock] = digest
        }
        return read
    }

    private static func digest(_ document: String, _ sources: [String: BlobDigest], _ codeCommit: String?) throws -> String {
        let tree = StepKey.digest(ofTree: sources)
        return SHA256.hash(data: Data("\(document)\n\(tree)\n\(codeCommit ?? "")".utf8)).lowercaseHexadecimal
    }
}

package struct PipelineTable {
    /// The document of the version that stands for a deletion: versions are never changed, a pipeline without one at its end is deleted.
    static let deletion = ""
    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func insert(_ version: PipelineVersion) throws {
        try transaction.execute(
            """
            INSERT INTO pipeline_version (workspace, pipeline, version, digest, document, sources, code_commit, author, created)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, version.pipeline, version.version, version.digest, version.document, try text(version.sources),
            version.codeCommit,
            version.author, version.created)
    }

    package func find(_ pipeline: String, _ version: Int) throws -> PipelineVersion? {
        try transaction.row(
            "SELECT * FROM pipeline_version WHERE workspace = ? AND pipeline = ? AND version = ?", workspace, pipeline, version
        )
        .map(decode).flatMap(present)
    }

    /// Nil also when the pipeline was deleted.
    package func latest(_ pipeline: String) throws -> PipelineVersion? {
        try transaction.row(
            "SELECT * FROM pipeline_version WHERE workspace = ? AND pipeline = ? ORDER BY version DESC LIMIT 1", workspace, pipeline
        ).map(decode).flatMap(present)
    }

    /// Of versions and deletions; 0 when there is none.
    func lastNumber(_ pipeline: String) throws -> Int {
        let row = try transaction.row(
            "SELECT COALESCE(MAX(version), 0) AS last FROM pipeline_version WHERE workspace = ? AND pipeline = ?", workspace, pipeline)
        return try row?["last"] ?? 0
    }

    package func latestOfEach() throws -> [PipelineVersion] {
        try transaction.rows(
            """
            SELECT * FROM pipeline_version AS newest WHERE workspace = ? AND version = (
                SELECT MAX(version) FROM pipeline_version WHERE workspace = newest.workspace AND pipeline = newest.pipeline)
                AND document <> ''
            ORDER BY pipeline LIMIT 1000
            """, workspace
        ).map(decode)
    }

    package static func unknown(_ pipeline: String) -> Problem {
        Problem(
            .notFound, "pipelines.pipeline.unknown", "There is no pipeline '\(pipeline.printable)'.",
            fix: "Apply one: dhow pipeline apply FOLDER.")
    }

    private func present(_ version: PipelineVersion) -> PipelineVersion? { version.document == Self.deletion ? nil : version }

    private func decode(_ row: Row) throws -> PipelineVersion {
        PipelineVersion(
            pipeline: try row["pipeline"], version: try row["version"], digest: try row["digest"], document: try row["document"],
            sources: try value([String: BlobDigest].self, try row["sources"]), codeCommit: try row["code_commit"],
            author: try row["author"],
            created: try row["created"])
    }
}
