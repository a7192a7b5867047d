// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
package import Tracking

/// The use cases of imports: begin, store part by part, finish.
package struct Imports: Sendable {
    package static let maximumSourceBytes = 500
    package static let maximumPositionBytes = 1 << 16
    /// Most things of one part; a metric point is one.
    package static let maximumItems = 20_000

    private let governor: Governor
    private let blobs: any BlobStore

    package init(governor: Governor, blobs: any BlobStore) {
        self.governor = governor
        self.blobs = blobs
    }

    /// A part of what comes over, stored as a whole or not at all.
    package struct Part: Sendable {
        package var tracking = ImportedTracking()
        package var registry = ImportedRegistry()
        /// Where the client is once this is stored.
        package var position: String
        /// SHA-256 of the request that carried it.
        package var digest: BlobDigest

        package init(position: String, digest: BlobDigest) {
            self.position = position
            self.digest = digest
        }

        /// How many of each, for the ledger.
        package var counts: [(noun: String, count: Int)] {
            [
                ("experiments", tracking.experiments.count), ("loggedModels", tracking.loggedModels.count), ("runs", tracking.runs.count),
                ("metrics", tracking.metrics.reduce(0) { $0 + $1.points.count }), ("artifacts", tracking.artifacts.count),
                ("models", registry.models.count), ("versions", registry.versions.count),
            ]
        }
    }

    /// A name that is taken here by something that did not come from this source.
    package struct Conflict: Codable, Sendable, Equatable {
        package var kind: String
        package var name: String
    }

    /// Goes on with an import of the same source that has not finished; begins one that has from the start, to look for what is new.
    package func begin(from source: String, by caller: Caller) async throws -> Import {
        guard !source.isEmpty, source.utf8.count <= Self.maximumSourceBytes else {
            throw Problem(
                .invalid, "import.source.length", "The source's name has \(source.utf8.count) bytes.",
                why: "It has 1 to \(Self.maximumSourceBytes).", fix: "Give it a short name: --name NAME.")
        }
        return try await governor.change(.importRun, by: caller, locking: "import/\(caller.workspace)") { change in
            let table = ImportTable(transaction: change.transaction, workspace: change.workspace)
            guard var item = try table.find(source: source) else {
                let item = Import(id: change.newIdentifier(), source: source, state: .running, begun: change.time, updated: change.time)
                try table.insert(item)
                try change.record("import.begun", on: item.resource, ["source": .string(source)])
                return item
            }
            if item.state == .running { return item }
            (item.state, item.position, item.updated) = (.running, nil, change.time)
            try table.update(item)
            try change.record("import.begun", on: item.resource, ["source": .string(source), "again": true])
            return item
        }
    }

    package func get(_ id: String, by caller: Caller) async throws -> Import {
        try await governor.read(.importRun, by: caller) { try ImportTable(transaction: $0, workspace: caller.workspace).get(id) }
    }

    /// By age.
    package func list(after id: String?, limit: Int, by caller: Caller) async throws -> [Import] {
        try await governor.read(.importRun, by: caller) {
            try ImportTable(transaction: $0, workspace: caller.workspace).list(after: id, limit: limit)
        }
    }

    /// Which of these names would be refused, so that a person can decide before anything is stored.
    package func conflicts(
        of id: String, experiments: [(origin: String, name: String)], models: [String], by caller: Caller
    ) async throws -> [Conflict] {
        try await governor.read(.importRun, by: caller) { transaction in
            let table = ImportTable(transaction: transaction, workspace: caller.workspace)
            let item = try table.get(id)
            var conflicts: [Conflict] = []
            for (origin, name) in experiments where try table.target(of: origin, .experiment, in: item.id) == nil {
                let same = try TrackingImport.experimentID(named: name, workspace: caller.workspace, in: transaction)
                if let same, same != 0 || origin != "0" { conflicts.append(Conflict(kind: "experiment", name: name)) }
            }
            let registered = RegisteredModelTable(transaction: transaction, workspace: caller.workspace)
            for name in models where try table.target(of: name, .model, in: item.id) == nil {
                if try registered.find(name) != nil { conflicts.append(Conflict(kind: "model", name: name)) }
            }
            return conflicts
        }
    }

    /// Stores a part and moves the import's position, in one transaction with one ledger entry. The cost is that of its rows.
    package func store(_ part: Part, in id: String, by caller: Caller) async throws -> Import {
        let total = part.counts.reduce(0) { $0 + $1.count }
        guard total <= Self.maximumItems, part.position.utf8.count <= Self.maximumPositionBytes else {
            throw Problem(
                .tooLarge, "import.part.too-large", "A part holds \(total) things.", why: "At most \(Self.maximumItems) are taken at once.",
                fix: "Send it in several parts.")
        }
        try governor.require(.importRun, of: caller)
        let signatures = try await signatures(of: part.registry.versions, in: id, by: caller)
        return try await governor.change(.importRun, by: caller, locking: "import/\(caller.workspace)") { change in
            let table = ImportTable(transaction: change.transaction, workspace: change.workspace)
            var item = try table.get(id)
            guard item.state == .running else {
                throw Problem(.conflict, "import.finished", "The import has finished.", fix: "Begin it again: POST /api/v1/imports.")
            }
            try TrackingImport(item, in: change).store(part.tracking)
            try RegistryImport(item, in: change).store(part.registry, signatures: signatures)
            (item.position, item.updated) = (part.position, change.time)
            try table.update(item)
            var payload: [String: JSONValue] = ["digest": .string(part.digest.description)]
            for (noun, count) in part.counts where count > 0 { payload[noun] = .integer(Int64(count)) }
            try change.record("import.part-stored", on: item.resource, payload)
            return item
        }
    }

    package func finish(_ id: String, by caller: Caller) async throws -> Import {
        try await governor.change(.importRun, by: caller, locking: "import/\(caller.workspace)") { change in
            let table = ImportTable(transaction: change.transaction, workspace: change.workspace)
            var item = try table.get(id)
            guard item.state == .running else { return item }
            (item.state, item.updated) = (.finished, change.time)
            try table.update(item)
            try change.record("import.finished", on: item.resource)
            return item
        }
    }

    /// Reads the file that states a model's signature, where versions take their files from artifacts that came over.
    private func signatures(of versions: [ImportedVersion], in id: String, by caller: Caller) async throws -> [String: JSONValue] {
        var signatures: [String: JSONValue] = [:]
        for version in versions {
            guard let artifacts = version.artifacts else { continue }
            let files = try await governor.database.read { transaction in
                guard
                    let folder = try TrackingImport.folder(
                        of: artifacts.owner, workspace: caller.workspace, in: transaction)
                else { return [VersionFile]() }
                return try RegistryImport.files(
                    below: try folder.appending(artifacts.path), workspace: caller.workspace, in: transaction)
            }
            signatures[version.version.resource] = try await SignatureFile(blobs: blobs).signature(in: files)
        }
        return signatures
    }
}
