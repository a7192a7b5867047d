// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
package import Tracking

/// A version as its source has it, with its number.
package struct ImportedVersion: Sendable {
    /// Its files and signature are what it is made of when `artifacts` is nil.
    package var version: ModelVersion
    /// The folder of a run or logged model, or a part of it, whose files as they came over are the version's.
    package var artifacts: (owner: ArtifactOwner, path: ArtifactPath)?

    package init(version: ModelVersion, artifacts: (owner: ArtifactOwner, path: ArtifactPath)?) {
        self.version = version
        self.artifacts = artifacts
    }
}

/// A part of what comes over that belongs to the registry.
package struct ImportedRegistry: Sendable {
    /// With their aliases, which may point to versions that came before or come in the same part.
    package var models: [RegisteredModel] = []
    package var versions: [ImportedVersion] = []

    package init() {}
}

/// Stores models and versions that come over, as part of a change.
struct RegistryImport {
    private let change: Change
    private let item: Import
    private let imports: ImportTable

    init(_ item: Import, in change: Change) {
        self.change = change
        self.item = item
        imports = ImportTable(transaction: change.transaction, workspace: change.workspace)
    }

    /// - Parameter signatures: What the files of versions say of their inputs and outputs, by resource; read before the transaction.
    func store(_ content: ImportedRegistry, signatures: [String: JSONValue]) throws {
        for model in content.models { try store(model) }
        for version in content.versions { try store(version, signature: signatures[version.version.resource]) }
        for model in content.models {
            for alias in model.aliases {
                try RegistryName.check(alias: alias.alias)
                _ = try ModelRegistry.version(model.name, alias.number, in: change)
                try models.set(alias, on: model.name)
            }
            try models.touch(model.name, at: model.updated)
        }
    }

    private func store(_ model: RegisteredModel) throws {
        try RegistryName.check(model: model.name)
        try RegistryName.check(description: model.description)
        for tag in model.tags { try check(tag) }
        if try imports.target(of: model.name, .model, in: item.id) != nil {
            try models.update(model.name, description: model.description, at: model.updated)
            for tag in model.tags { try models.set(tag, on: model.name) }
            return
        }
        guard try models.find(model.name) == nil else {
            throw Problem(
                .conflict, "import.model.exists",
                "Registered model '\(model.name.printable)' exists already and did not come from '\(item.source.printable)'.",
                fix: "Rename it, or give what comes over a prefix: --prefix TEXT.")
        }
        try models.insert(model)
        try imports.note(model.name, as: model.name, .model, in: item.id)
    }

    private func store(_ imported: ImportedVersion, signature: JSONValue?) throws {
        var version = imported.version
        try RegistryName.check(description: version.description)
        for tag in version.tags { try check(tag) }
        guard try imports.target(of: version.model, .model, in: item.id) != nil else {
            throw Problem(
                .invalid, "import.model.absent", "Model '\(version.model.printable)' has not come over yet.", fix: "Send it first.")
        }
        guard version.number > 0, version.number < Int64(Int32.max) else {
            throw Problem(.invalid, "import.version.number", "\(version.number) is no number of a version.")
        }
        let origin = "\(version.model)/\(version.number)"
        if let existing = try versions.find(version.model, .number(version.number)) {
            guard try imports.target(of: origin, .version, in: item.id) != nil else {
                throw Problem(
                    .conflict, "import.version.exists",
                    "Version \(version.number) of '\(version.model.printable)' exists already and did not come from '\(item.source.printable)'.",
                    why: "Numbers are kept, so that what refers to them goes on working.",
                    fix: "Import with --prefix TEXT, or delete the version.")
            }
            var kept = existing
            (kept.description, kept.environment, kept.updated) = (version.description, version.environment, version.updated)
            try versions.update(kept)
            for tag in version.tags { try versions.set(tag, on: kept) }
            return
        }
        version.id = change.newIdentifier()
        if let artifacts = imported.artifacts { version.files = try files(in: artifacts) }
        version.signature = version.signature ?? signature
        try versions.insert(version)
        let references = BlobReferenceTable(transaction: change.transaction)
        for digest in Set(version.files.map(\.digest)) { try references.hold(digest, by: "model-version/\(version.id)") }
        if let run = version.runID {
            try LineageEdgeTable(transaction: change.transaction, workspace: change.workspace).insert([
                LineageEdge(from: .run, run, to: .version, version.id)
            ])
        }
        try models.count(version.model, upTo: version.number)
        try imports.note(origin, as: version.id, .version, in: item.id)
    }

    private func files(in artifacts: (owner: ArtifactOwner, path: ArtifactPath)) throws -> [VersionFile] {
        guard let folder = try TrackingImport(item, in: change).folder(of: artifacts.owner) else { return [] }
        return try Self.files(below: try folder.appending(artifacts.path), workspace: change.workspace, in: change.transaction)
    }

    static func files(below folder: ArtifactPath, workspace: String, in transaction: any Transaction) throws -> [VersionFile] {
        try ArtifactStore.files(below: folder, workspace: workspace, in: transaction).map { artifact in
            let path = artifact.path.relative(to: folder).map(\.text) ?? ""
            return VersionFile(path: path.isEmpty ? artifact.path.name ?? "" : path, digest: artifact.digest, size: artifact.size)
        }.sorted { $0.path < $1.path }
    }

    private func check(_ tag: Tag) throws {
        guard !tag.key.isEmpty, tag.key.utf8.count <= 4 * RegistryName.maximumTagKeyLength,
            tag.value.unicodeScalars.count <= RegistryName.maximumTagLength
        else { throw Problem(.invalid, "import.value.malformed", "The tag '\(tag.key.printable)' is empty or too long to be kept.") }
    }

    private var models: RegisteredModelTable { RegisteredModelTable(transaction: change.transaction, workspace: change.workspace) }
    private var versions: ModelVersionTable { ModelVersionTable(transaction: change.transaction, workspace: change.workspace) }
}
