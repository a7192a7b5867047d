// SPDX-License-Identifier: Apache-2.0

import API
package import Client
import Domain
import Foundation

/// Carries parts from a source to a server, and compares both sides at the end.
package struct Importer: Sendable {
    private let source: any ImportSource
    private let name: String
    private let client: DhowClient
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - name: Of the source, the same whenever it is imported.
    ///   - tell: Receives a line after each part.
    package init(_ source: any ImportSource, named name: String, to client: DhowClient, tell: @escaping @Sendable (String) -> Void) {
        self.source = source
        self.name = name
        self.client = client
        self.tell = tell
    }

    package struct Report: Codable, Sendable {
        package var id: String
        package var kinds: [Line]
        /// How many things of the source did not come, by what they are and why.
        package var omitted: [String: Int64]

        package struct Line: Codable, Sendable {
            package var kind: String
            package var source: Int64
            package var target: Int64
            package var sourceDigest: String
            package var targetDigest: String

            package var isEqual: Bool { source == target && sourceDigest == targetDigest }
        }

        package var isEqual: Bool { kinds.allSatisfy(\.isEqual) }
    }

    /// Where the source is, and what was read of it so far; kept by the server with each part.
    private struct Position: Codable {
        var source: String
        var tally: Tally
        var omitted: [String: Int64]?
    }

    /// - Throws: `Problem` `.conflict` before anything is stored when names are taken.
    package func run() async throws -> Report {
        let item: ImportAnswer = try await client.post("/api/v1/imports", BeginImportRequest(source: name))
        let path = "/api/v1/imports/\(item.id)"
        try await checkNames(path)
        var position = try item.position.map { try JSONDecoder().decode(Position.self, from: Data($0.utf8)) }
        if let place = position?.source, !source.canGoOn(after: place) { position = nil }
        if position != nil { tell("going on with the import that began at \(Date(timeIntervalSince1970: Double(item.begun) / 1000))") }
        while let part = try await source.part(after: position?.source) {
            var next = position ?? Position(source: part.position, tally: Tally())
            next.source = part.position
            if !part.omitted.isEmpty { next.omitted = (next.omitted ?? [:]).merging(part.omitted, uniquingKeysWith: +) }
            let request = try await request(part, &next)
            let _: ImportAnswer = try await client.post(path + "/parts", request)
            for file in part.files where file.isTemporary { try? FileManager.default.removeItem(at: file.file) }
            position = next
            tell(next.tally.summary)
        }
        let target = try await stored(by: item.id)
        let _: ImportAnswer = try await client.post(path + "/finish", [String: String]())
        return report(item.id, position, target)
    }

    private func checkNames(_ path: String) async throws {
        let names = try await source.names()
        let answer: ImportConflictsAnswer = try await client.post(
            path + "/conflicts", ImportConflictsRequest(experiments: names.experiments, models: names.models))
        guard !answer.conflicts.isEmpty else { return }
        let list = answer.conflicts.prefix(20).map { "\($0.kind) '\($0.name.printable)'" }.joined(separator: ", ")
        throw Problem(
            .conflict, "import.names.taken", "\(answer.conflicts.count) names are taken by something that did not come from this source.",
            why: "Nothing was stored. They are: \(list)\(answer.conflicts.count > 20 ? ", …" : "").",
            fix: "Rename them on either side, import into another workspace, or give what comes over a prefix: --prefix TEXT.")
    }

    /// Puts the part's files, counts the part, and makes the request that stores it.
    private func request(_ part: SourcePart, _ next: inout Position) async throws -> ImportPartRequest {
        var artifacts: [ArtifactRecord] = []
        for file in part.files {
            let blob = try await put(file.file, expecting: file.digest)
            artifacts.append(
                ArtifactRecord(
                    run: file.run, loggedModel: file.loggedModel, path: file.path, digest: blob.digest, size: blob.size,
                    contentType: file.contentType))
        }
        for blob in part.blobs { _ = try await put(blob.file, expecting: blob.digest) }
        add(part, artifacts, to: &next.tally)
        let position = String(decoding: try JSONEncoder().encode(next), as: UTF8.self)
        return ImportPartRequest(
            position: position, experiments: part.experiments, loggedModels: part.loggedModels, runs: part.runs, metrics: part.metrics,
            artifacts: artifacts, models: part.models + part.aliases, versions: part.versions)
    }

    private func put(_ file: URL, expecting digest: String?) async throws -> BlobAnswer {
        let blob: BlobAnswer = try await client.upload(file, to: "/api/v1/blobs")
        guard digest == nil || blob.digest == digest else {
            throw Problem(
                .invalid, "import.blob.differs", "'\(file.path)' does not hold the bytes with the digest \(digest ?? "").",
                why: "Its own is \(blob.digest).", fix: "Restore the file, or export anew.")
        }
        return blob
    }

    private func add(_ part: SourcePart, _ artifacts: [ArtifactRecord], to tally: inout Tally) {
        for record in part.experiments { tally.add(record) }
        for record in part.loggedModels { tally.add(record) }
        for record in part.runs { tally.add(record) }
        for record in part.metrics { tally.add(record) }
        for record in artifacts { tally.add(record) }
        for record in part.models { tally.add(record) }
        for record in part.aliases { tally.add(aliasesOf: record) }
        for record in part.versions { tally.add(record) }
    }

    /// Reads back all that came with the import.
    private func stored(by id: String) async throws -> Tally {
        var tally = Tally()
        try await client.exported("experiments", ["import": id], limit: 100, as: ExperimentRecord.self) { tally.add($0) }
        try await client.exported("logged-models", ["import": id], limit: 100, as: LoggedModelRecord.self) { model in
            tally.add(model)
            try await client.exported("artifacts", ["loggedModel": model.id], limit: 100, as: ArtifactRecord.self) { tally.add($0) }
        }
        try await client.exported("runs", ["import": id], limit: 100, as: RunRecord.self) { run in
            tally.add(run)
            try await client.exported("metrics", ["run": run.id], limit: 1000, as: SeriesRecord.self) { tally.add($0) }
            try await client.exported("artifacts", ["run": run.id], limit: 100, as: ArtifactRecord.self) { tally.add($0) }
        }
        try await client.exported("models", ["import": id], limit: 100, as: RegisteredModelRecord.self) { model in
            tally.add(model)
            try await client.exported("versions", ["import": id, "model": model.name], limit: 100, as: VersionRecord.self) { tally.add($0) }
        }
        return tally
    }

    private func report(_ id: String, _ position: Position?, _ target: Tally) -> Report {
        let source = position?.tally ?? Tally()
        let kinds = Set(source.kinds.keys).union(target.kinds.keys).sorted()
        let lines = kinds.map { kind in
            let (here, there) = (source.kinds[kind] ?? Tally.Kind(), target.kinds[kind] ?? Tally.Kind())
            return Report.Line(
                kind: kind, source: here.count, target: there.count, sourceDigest: here.digest, targetDigest: there.digest)
        }
        return Report(id: id, kinds: lines, omitted: position?.omitted ?? [:])
    }
}
