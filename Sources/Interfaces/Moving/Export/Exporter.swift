// SPDX-License-Identifier: Apache-2.0

import API
package import Client
import Domain
package import Foundation

/// Writes what a server tracks into a folder, kind after kind, and goes on where an earlier call broke off.
///
/// Memory is that of one page of the server's, whatever the workspace holds. Things written meanwhile may or may not be in the export.
package struct Exporter: Sendable {
    static let page = 200

    let client: DhowClient
    let selection: ExportSelection
    let folder: URL
    private let source: String
    private let tell: @Sendable (ExportStep) -> Void

    /// - Parameters:
    ///   - source: Address and workspace, without credentials.
    ///   - tell: Receives how far it has come, after each page.
    package init(
        of selection: ExportSelection, from source: String, with client: DhowClient, to folder: URL,
        tell: @escaping @Sendable (ExportStep) -> Void
    ) {
        self.client = client
        self.selection = selection
        self.folder = folder
        self.source = source
        self.tell = tell
    }

    /// - Throws: `Problem` `.notFound` for names that are not there, before anything is written.
    package func run() async throws -> ExportManifest {
        let groups = try await groups()
        try await checkModels()
        var output = try ExportFolder(folder, ExportProgress(source: source, selection: selection, begun: Self.now()))
        repeat {
            switch output.progress.kind {
            case .experiments: try await experiments(groups, &output)
            case .loggedModels: try await loggedModels(groups, &output)
            case .runs: try await runs(groups, &output)
            case .metrics: try await metrics(&output)
            case .artifacts: try await artifacts(&output)
            case .models: try await models(&output)
            case .versions: try await versions(&output)
            case .blobs: try blobs(&output)
            }
        } while try output.nextKind()
        return try output.finish(at: Self.now())
    }

    /// Ids of the selected experiments; nil when nothing is selected, empty when only models are.
    private func groups() async throws -> [String]? {
        guard !selection.isEverything else { return nil }
        guard !selection.experiments.isEmpty else { return [] }
        var missing = Set(selection.experiments)
        var groups: [String] = []
        try await client.exported("experiments", limit: 1000, as: ExperimentRecord.self) { record in
            if missing.remove(record.name) != nil { groups.append(record.id) }
        }
        if let name = missing.min() { throw unknown("experiment", name) }
        return groups
    }

    private func checkModels() async throws {
        guard !selection.models.isEmpty else { return }
        var missing = Set(selection.models)
        try await client.exported("models", limit: 1000, as: RegisteredModelRecord.self) { missing.remove($0.name) }
        if let name = missing.min() { throw unknown("registered model", name) }
    }

    private func experiments(_ groups: [String]?, _ output: inout ExportFolder) async throws {
        let chosen = groups.map { Set($0) }
        try await pages("experiments", [:], &output) { (record: ExperimentRecord, output) in
            guard chosen?.contains(record.id) ?? true else { return }
            var record = record
            record.tags = record.tags.ordered
            try output.write(try ExportLine.of(record))
            output.count { $0.add(record) }
        }
    }

    private func loggedModels(_ groups: [String]?, _ output: inout ExportFolder) async throws {
        try await members("logged-models", of: groups, &output) { (record: LoggedModelRecord, output) in
            var record = record
            (record.params, record.tags) = (record.params.ordered, record.tags.ordered)
            try output.write(try ExportLine.of(record))
            output.count { $0.add(record) }
        }
    }

    private func runs(_ groups: [String]?, _ output: inout ExportFolder) async throws {
        let models = try groups.map { _ in try loggedModelIDs(output) }
        try await members("runs", of: groups, &output) { (record: RunRecord, output) in
            var record = record.ordered
            // A part of a workspace refers to nothing outside of it.
            if let models { record.models.removeAll { !models.contains($0.model) } }
            try output.write(try ExportLine.of(record))
            output.count { $0.add(record) }
        }
    }

    private func models(_ output: inout ExportFolder) async throws {
        guard selection.isEverything || !selection.models.isEmpty else { return }
        let chosen = selection.models.isEmpty ? nil : Set(selection.models)
        try await pages("models", [:], &output) { (record: RegisteredModelRecord, output) in
            guard chosen?.contains(record.name) ?? true else { return }
            var record = record
            record.tags = record.tags.ordered
            record.aliases.sort { $0.alias < $1.alias }
            try output.write(try ExportLine.of(record))
            output.count { $0.add(record) }
        }
    }

    /// Members of each selected experiment, or of all.
    private func members<Record: Codable & Sendable>(
        _ path: String, of groups: [String]?, _ output: inout ExportFolder,
        _ body: @escaping (Record, inout ExportFolder) async throws -> Void
    ) async throws {
        guard let groups else { return try await pages(path, [:], &output, body) }
        while output.progress.place.group < groups.count {
            let group = output.progress.place.group
            try await pages(path, ["experiment": groups[group]], &output, body)
            try output.reach(ExportProgress.Place(group: group + 1))
        }
    }

    /// Pages from the place on, each reached when all of it is written.
    func pages<Record: Codable & Sendable>(
        _ path: String, _ query: [String: String], _ output: inout ExportFolder,
        _ body: (Record, inout ExportFolder) async throws -> Void
    ) async throws {
        var place = output.progress.place
        repeat {
            var query: [String: String?] = query.merging(["limit": "\(Self.page)"]) { $1 }
            query["after"] = place.after
            let page: Page<Record> = try await client.get("/api/v1/exports/\(path)", query)
            for item in page.items { try await body(item, &output) }
            place.after = page.next
            if page.next != nil { try output.reach(place) }
            told(output)
        } while place.after != nil
    }

    func told(_ output: ExportFolder, share: Double? = nil) {
        tell(ExportStep(kind: output.progress.kind, share: share, tally: output.progress.tally))
    }

    private func loggedModelIDs(_ output: ExportFolder) throws -> Set<String> {
        var ids: Set<String> = []
        for file in output.files(of: .loggedModels) {
            var lines = try LineFile(folder.appending(path: file.path))
            while let line = try lines.next() {
                if let id = try JSONDecoder().decode(ExportLine.Owner.self, from: line).id { ids.insert(id) }
            }
            try lines.close()
        }
        return ids
    }

    private func unknown(_ noun: String, _ name: String) -> Problem {
        Problem(
            .notFound, "export.name.unknown", "There is no \(noun) '\(name.printable)'.",
            fix: "List them: dhow experiment list, dhow model list.")
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

/// How far an export has come.
package struct ExportStep: Sendable {
    package var kind: ExportKind
    /// Of this kind, 0 to 1; nil where nobody knows how many there are.
    package var share: Double?
    package var tally: Tally
}

extension DhowClient {
    /// All records of a list of exports, page by page.
    func exported<Record: Codable & Sendable>(
        _ path: String, _ query: [String: String] = [:], limit: Int, as type: Record.Type = Record.self,
        _ body: (Record) async throws -> Void
    ) async throws {
        var query: [String: String?] = query.merging(["limit": "\(limit)"]) { $1 }
        repeat {
            let page: Page<Record> = try await get("/api/v1/exports/\(path)", query)
            for item in page.items { try await body(item) }
            query["after"] = page.next
            guard page.next != nil else { return }
        } while true
    }
}
