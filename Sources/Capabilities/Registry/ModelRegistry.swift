// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance
import Tracking

/// The use cases of registered models and their versions.
package struct ModelRegistry: Sendable {
    package static let maximumModelPage = 1_000
    package static let maximumVersionPage = 10_000
    package static let maximumSnapshots = 100
    let governor: Governor
    private let blobs: any BlobStore

    package init(governor: Governor, blobs: any BlobStore) {
        self.governor = governor
        self.blobs = blobs
    }

    /// Makes the next version of a model: its files by digest, for good. Numbers are 1, 2, 3, … without gaps.
    ///
    /// - Parameters:
    ///   - createsModel: Whether a model that is new comes into being too.
    ///   - alongside: What belongs to the same change, such as where the version came from.
    /// - Throws: `Problem` `.notFound` for a model, run or snapshot that is not there.
    package func registerVersion(
        of model: String, _ new: NewVersion, createsModel: Bool = true, by caller: Caller,
        alongside: @escaping @Sendable (Change, ModelVersion) throws -> Void = { _, _ in }
    ) async throws -> ModelVersion {
        try RegistryName.check(model: model)
        try RegistryName.check(description: new.description)
        for tag in new.tags { try RegistryName.check(tag) }
        guard new.snapshots.count <= Self.maximumSnapshots else {
            throw Problem(
                .invalid, "registry.version.snapshots", "\(new.snapshots.count) snapshots were named.",
                why: "At most \(Self.maximumSnapshots) are kept.")
        }
        try Self.checkProvenance(of: new)
        try governor.require(.registryWrite, of: caller)
        // Read before the transaction; used when the artifacts are the same then.
        let seen = try await governor.database.read { try Self.files(of: new, in: caller.workspace, $0) }
        var read = new.signature
        if read == nil { read = try await SignatureFile(blobs: blobs).signature(in: seen) }
        let signature = read
        return try await governor.change(.registryWrite, by: caller, locking: "model/\(caller.workspace)/\(model)") { change in
            let files = try Self.files(of: new, in: change.workspace, change.transaction)
            guard new.signature != nil || files == seen else {
                throw Problem(
                    .conflict, "registry.version.artifacts-changed", "The artifacts changed while the version was registered.",
                    fix: "Register it again when they are complete.")
            }
            let models = RegisteredModelTable(transaction: change.transaction, workspace: change.workspace)
            if try models.find(model) == nil {
                guard createsModel else { throw RegisteredModel.unknown(model) }
                try Self.create(model, description: nil, tags: [], in: change)
            }
            var version = ModelVersion(
                id: change.newIdentifier(), model: model, number: try models.nextNumber(of: model),
                author: change.caller.principal.qualifiedName, created: change.time, updated: change.time)
            version.take(new, signature: signature, files: files)
            try ModelVersionTable(transaction: change.transaction, workspace: change.workspace).insert(version)
            try models.touch(model, at: change.time)
            let references = BlobReferenceTable(transaction: change.transaction)
            for digest in Set(files.map(\.digest)) { try references.hold(digest, by: "model-version/\(version.id)") }
            let edges =
                version.snapshots.map { LineageEdge(from: .snapshot, $0, to: .version, version.id) }
                + [version.runID].compactMap(\.self).map { LineageEdge(from: .run, $0, to: .version, version.id) }
            try LineageEdgeTable(transaction: change.transaction, workspace: change.workspace).insert(edges)
            try change.record("version.registered", on: version.resource, version.evidence)
            try alongside(change, version)
            return version
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func version(_ model: String, _ reference: VersionReference, by caller: Caller) async throws -> ModelVersion {
        try await governor.lookUp(.registryRead, by: caller) { transaction in
            if let version = try ModelVersionTable(transaction: transaction, workspace: caller.workspace).find(model, reference) {
                return version
            }
            _ = try RegisteredModelTable(transaction: transaction, workspace: caller.workspace).get(model)
            throw ModelVersion.unknown(model, reference)
        }
    }

    /// - Throws: `Problem` `.notFound` for an id that no version of the workspace has, or has no more.
    package func version(id: String, by caller: Caller) async throws -> ModelVersion {
        let version = try await governor.lookUp(.registryRead, by: caller) {
            try ModelVersionTable(transaction: $0, workspace: caller.workspace).find(id: id)
        }
        guard let version else {
            throw Problem(.notFound, "registry.version.unknown", "There is no version with the id '\(id.printable)', or no more.")
        }
        return version
    }

    /// The version with the highest number.
    package func latest(_ model: String, by caller: Caller) async throws -> ModelVersion {
        try await version(model, .latest, by: caller)
    }

    /// Points the alias at a version, wherever it pointed before.
    package func setAlias(_ alias: String, of model: String, to number: Int64, by caller: Caller) async throws {
        try RegistryName.check(alias: alias)
        try await change(model, by: caller) { change, models in
            let version = try Self.version(model, number, in: change)
            let before = try models.get(model).aliases.first { $0.alias == alias }?.number
            try models.set(ModelAlias(alias: alias, number: number), on: model)
            try models.touch(model, at: change.time)
            try change.record(
                "alias.set", on: version.resource, ["alias": .string(alias), "before": before.map { .integer($0) } ?? .null])
        }
    }

    /// Deleting an alias that is not there is no error.
    package func deleteAlias(_ alias: String, of model: String, by caller: Caller) async throws {
        try await change(model, by: caller) { change, models in
            guard let before = try models.get(model).aliases.first(where: { $0.alias == alias }) else { return }
            _ = try models.deleteAlias(alias, of: model)
            try change.record("alias.deleted", on: "model/\(model)/\(before.number)", ["alias": .string(alias)])
        }
    }

    /// The blob of a version's file.
    ///
    /// - Throws: `Problem` `.notFound`.
    package func open(
        _ path: String, of version: ModelVersion, range: Range<Int64>? = nil, by caller: Caller
    ) async throws -> BlobContent {
        try governor.require(.registryRead, of: caller)
        guard let file = version.files.first(where: { $0.path == path }) else {
            throw Problem(.notFound, "registry.file.unknown", "\(version.resource) has no file '\(path.printable)'.")
        }
        return try await blobs.get(file.digest, range: range)
    }

    static func create(_ name: String, description: String?, tags: [Tag], in change: Change) throws {
        let model = RegisteredModel(
            name: name, description: description, author: change.caller.principal.qualifiedName, created: change.time, updated: change.time,
            tags: tags)
        try RegisteredModelTable(transaction: change.transaction, workspace: change.workspace).insert(model)
        try change.record("model.created", on: "model/\(name)")
    }

    static func version(_ model: String, _ number: Int64, in change: Change) throws -> ModelVersion {
        let table = ModelVersionTable(transaction: change.transaction, workspace: change.workspace)
        guard let version = try table.find(model, .number(number)) else { throw ModelVersion.unknown(model, .number(number)) }
        return version
    }

    func change(
        _ model: String, by caller: Caller, _ body: @escaping @Sendable (Change, RegisteredModelTable) throws -> Void
    ) async throws {
        _ = try await governor.change(.registryWrite, by: caller, locking: "model/\(caller.workspace)/\(model)") { change in
            let table = RegisteredModelTable(transaction: change.transaction, workspace: change.workspace)
            _ = try table.get(model)
            try body(change, table)
            return Nothing()
        }
    }

    private static func checkProvenance(of new: NewVersion) throws(Problem) {
        if let service = new.featureService { try ResourceName.check(service, of: "feature service") }
        for (what, text) in [("code commit", new.codeCommit), ("environment lock", new.environmentLock)] {
            guard let text, text.isEmpty || text.utf8.count > 256 else { continue }
            throw Problem(
                .invalid, "registry.version.provenance", "The \(what) has \(text.utf8.count) bytes.", why: "It has 1 to 256.",
                fix: "Give a commit's name, or a digest.")
        }
    }

    private static func files(of new: NewVersion, in workspace: String, _ transaction: any Transaction) throws -> [VersionFile] {
        var files = new.files
        if let folder = new.artifacts {
            let artifacts = try ArtifactStore.files(below: folder, workspace: workspace, in: transaction)
            guard !artifacts.isEmpty else { throw Artifact.unknown(folder) }
            for artifact in artifacts {
                let path = artifact.path.relative(to: folder).map(\.text) ?? ""
                files.append(
                    VersionFile(path: path.isEmpty ? artifact.path.name ?? "" : path, digest: artifact.digest, size: artifact.size))
            }
        }
        for file in files { _ = try ArtifactPath(file.path) }
        guard Set(files.map(\.path)).count == files.count, files.count <= ArtifactStore.maximumFiles else {
            throw Problem(
                .invalid, "registry.version.files", "A version's files have distinct paths, at most \(ArtifactStore.maximumFiles).")
        }
        return files.sorted { $0.path < $1.path }
    }
}

extension ModelVersion {
    fileprivate mutating func take(_ new: NewVersion, signature: JSONValue?, files: [VersionFile]) {
        self.signature = signature
        self.files = files
        description = new.description
        source = new.source
        runID = new.runID
        runLink = new.runLink
        loggedModelID = new.loggedModelID
        executionID = new.executionID
        codeCommit = new.codeCommit
        environmentLock = new.environmentLock
        featureService = new.featureService
        snapshots = new.snapshots
        tags = new.tags
    }

    /// What the ledger keeps of a registration: enough to prove what the version was, and the edges of its lineage.
    fileprivate var evidence: [String: JSONValue] {
        var evidence: [String: JSONValue] = [
            "files": .integer(Int64(files.count)), "content": .string(content.description),
            "snapshots": .array(snapshots.map { .string($0) }),
        ]
        evidence["run"] = runID.map { .string($0) }
        evidence["execution"] = executionID.map { .string($0) }
        evidence["commit"] = codeCommit.map { .string($0) }
        evidence["environmentLock"] = environmentLock.map { .string($0) }
        evidence["featureService"] = featureService.map { .string($0) }
        return evidence
    }
}
