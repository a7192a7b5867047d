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
    }

    /// - Throws: `Problem` `.conflict` before anything is stored when names are taken.
    package func run() async throws -> Report {
        let item: ImportAnswer = try await client.post("/api/v1/imports", BeginImportRequest(source: name))
        let path = "/api/v1/imports/\(item.id)"
        try await checkNames(path)
        var position = try item.position.map { try JSONDecoder().decode(Position.self, from: Data($0.utf8)) }
        if position != nil { tell("going on with the import that began at \(Date(timeIntervalSince1970: Double(item.begun) / 1000))") }
        while let part = try await source.part(after: position?.source) {
            var tally = position?.tally ?? Tally()
            let request = try await request(part, &tally)
            let _: ImportAnswer = try await client.post(path + "/parts", request)
            position = Position(source: part.position, tally: tally)
            tell(Self.line(of: tally))
        }
        let target = try await stored(by: item.id)
        let _: ImportAnswer = try await client.post(path + "/finish", [String: String]())
        return report(item.id, position?.tally ?? Tally(), target)
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
    private func request(_ part: SourcePart, _ tally: inout Tally) async throws -> ImportPartRequest {
        var artifacts: [ArtifactRecord] = []
        for file in part.files {
            let blob: BlobAnswer = try await client.upload(file.file, to: "/api/v1/blobs")
            artifacts.append(
                ArtifactRecord(run: file.run, loggedModel: file.loggedModel, path: file.path, digest: blob.digest, size: blob.size))
        }
        for record in part.experiments { tally.add(record) }
        for record in part.loggedModels { tally.add(record) }
        for record in part.runs { tally.add(record) }
        for record in part.metrics { tally.add(record) }
        for record in artifacts { tally.add(record) }
        for record in part.models { tally.add(record) }
        for record in part.versions { tally.add(record) }
        let position = String(decoding: try JSONEncoder().encode(Position(source: part.position, tally: tally)), as: UTF8.self)
        return ImportPartRequest(
            position: position, experiments: part.experiments, loggedModels: part.loggedModels, runs: part.runs, metrics: part.metrics,
            artifacts: artifacts, models: part.models, versions: part.versions)
    }

    /// Reads back all that came with the import.
    private func stored(by id: String) async throws -> Tally {
        var tally = Tally()
        try await pages("experiments", ["import": id], of: ExperimentRecord.self) { tally.add($0) }
        try await pages("logged-models", ["import": id], of: LoggedModelRecord.self) { model in
            tally.add(model)
            try await pages("artifacts", ["loggedModel": model.id], of: ArtifactRecord.self) { tally.add($0) }
        }
        try await pages("runs", ["import": id], of: RunRecord.self) { run in
            tally.add(run)
            try await pages("metrics", ["run": run.id, "limit": "1000"], of: SeriesRecord.self) { tally.add($0) }
            try await pages("artifacts", ["run": run.id], of: ArtifactRecord.self) { tally.add($0) }
        }
        try await pages("models", ["import": id], of: RegisteredModelRecord.self) { model in
            tally.add(model)
            try await pages("versions", ["import": id, "model": model.name], of: VersionRecord.self) { tally.add($0) }
        }
        return tally
    }

    private func pages<Record: Codable & Sendable>(
        _ path: String, _ query: [String: String], of type: Record.Type, _ body: (Record) async throws -> Void
    ) async throws {
        var query = query
        repeat {
            let page: Page<Record> = try await client.get("/api/v1/exports/\(path)", query)
            for item in page.items { try await body(item) }
            query["after"] = page.next
        } while query["after"] != nil
    }

    private func report(_ id: String, _ source: Tally, _ target: Tally) -> Report {
        let kinds = Set(source.kinds.keys).union(target.kinds.keys).sorted()
        let lines = kinds.map { kind in
            let (here, there) = (source.kinds[kind] ?? Tally.Kind(), target.kinds[kind] ?? Tally.Kind())
            return Report.Line(
                kind: kind, source: here.count, target: there.count, sourceDigest: here.digest, targetDigest: there.digest)
        }
        return Report(id: id, kinds: lines)
    }

    private static func line(of tally: Tally) -> String {
        ["experiments", "runs", "metrics", "artifacts", "models", "versions"].compactMap { kind in
            tally.kinds[kind].map { "\($0.count) \(kind)" }
        }.joined(separator: ", ")
    }
}
