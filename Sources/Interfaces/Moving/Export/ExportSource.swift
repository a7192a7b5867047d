// SPDX-License-Identifier: Apache-2.0

package import API
import Domain
package import Foundation

/// A finished export as a source: its lines in their order, and the bytes they name.
///
/// A position is the manifest's digest, the file's number among those read, and the byte of the next line. The files of models are read
/// twice: for the models, and when all versions are there for their aliases.
package struct ExportSource: ImportSource {
    /// Things, and bytes of lines, of one part.
    static let budget = (things: 15_000, bytes: UInt64(4 << 20))

    package let manifest: ExportManifest
    private let folder: URL
    private let digest: String
    private let prefix: String
    private let steps: [Step]

    private struct Step: Sendable {
        var file: ExportFile
        var isForAliases = false
    }

    private struct Place: Codable {
        var manifest: String
        var step: Int
        var offset: UInt64
    }

    /// - Parameter prefix: Put before the names of experiments and registered models.
    /// - Throws: `Problem` `.invalid` when there is no finished export.
    package init(_ folder: URL, prefix: String = "") throws {
        self.folder = folder
        self.prefix = prefix
        (manifest, digest) = try ExportManifest.read(in: folder)
        let files = manifest.files
        for file in files where file.path.contains("..") || file.path.hasPrefix("/") {
            throw Problem(
                .invalid, "export.manifest.unknown", "The manifest names '\(file.path.printable)', which is outside of the export.")
        }
        var steps: [Step] = []
        for kind in ExportKind.allCases where kind != .blobs { steps += files.filter { $0.kind == kind }.map { Step(file: $0) } }
        steps += files.filter { $0.kind == .models }.map { Step(file: $0, isForAliases: true) }
        self.steps = steps
    }

    package func canGoOn(after position: String) -> Bool {
        (try? place(position))?.manifest == digest
    }

    /// Checks every file of lines against its digest before anything is read from it.
    package func names() async throws -> (experiments: [ExperimentName], models: [String]) {
        for file in manifest.files {
            guard try LineFile.digest(of: folder.appending(path: file.path)) == (file.sha256, file.bytes) else {
                throw Problem(
                    .invalid, "export.file.differs", "'\(file.path)' is not what the manifest says.",
                    why: "It was changed or cut off after the export.", fix: "Restore it, or export anew.")
            }
        }
        var names: (experiments: [ExperimentName], models: [String]) = ([], [])
        for file in manifest.files where file.kind == .experiments || file.kind == .models {
            var lines = try LineFile(folder.appending(path: file.path))
            while let line = try lines.next() {
                if file.kind == .experiments {
                    let record = try decode(ExperimentRecord.self, line, file)
                    names.experiments.append(ExperimentName(id: record.id, name: prefix + record.name))
                } else {
                    names.models.append(prefix + (try decode(RegisteredModelRecord.self, line, file)).name)
                }
            }
            try lines.close()
        }
        return names
    }

    package func part(after position: String?) async throws -> SourcePart? {
        var place = try position.map(place) ?? Place(manifest: digest, step: 0, offset: 0)
        while place.step < steps.count {
            let step = steps[place.step]
            var lines = try LineFile(folder.appending(path: step.file.path), from: place.offset)
            var part = SourcePart(position: "")
            var things = 0
            while things < Self.budget.things, lines.offset - place.offset < Self.budget.bytes, let line = try lines.next() {
                try add(line, of: step, to: &part)
                things += 1
            }
            place.offset = lines.offset
            try lines.close()
            guard things > 0 else {
                (place.step, place.offset) = (place.step + 1, 0)
                continue
            }
            part.position = String(decoding: try JSONEncoder().encode(place), as: UTF8.self)
            return part
        }
        return nil
    }

    private func add(_ line: Data, of step: Step, to part: inout SourcePart) throws {
        let file = step.file
        switch file.kind {
        case .experiments:
            var record = try decode(ExperimentRecord.self, line, file)
            record.name = prefix + record.name
            part.experiments.append(record)
        case .loggedModels: part.loggedModels.append(try decode(LoggedModelRecord.self, line, file))
        case .runs: part.runs.append(try decode(RunRecord.self, line, file))
        case .metrics: part.add(try decode(ExportLine.Point.self, line, file))
        case .artifacts:
            let record = try decode(ArtifactRecord.self, line, file)
            var source = SourceFile(run: record.run, loggedModel: record.loggedModel, path: record.path, file: try blob(record.digest))
            source.contentType = record.contentType
            source.digest = record.digest
            part.files.append(source)
        case .models:
            var record = try decode(RegisteredModelRecord.self, line, file)
            record.name = prefix + record.name
            if step.isForAliases { return part.aliases.append(record) }
            record.aliases = []
            part.models.append(record)
        case .versions:
            var record = try decode(VersionRecord.self, line, file)
            record.model = prefix + record.model
            part.blobs += try record.files.map { SourceBlob(digest: $0.digest, file: try blob($0.digest)) }
            part.versions.append(record)
        case .blobs: break
        }
    }

    private func blob(_ digest: String) throws -> URL {
        guard let path = ExportLayout.blob(digest) else {
            throw Problem(.invalid, "export.line.malformed", "'\(digest.printable)' is no digest.")
        }
        return folder.appending(path: path)
    }

    private func place(_ position: String) throws -> Place {
        try JSONDecoder().decode(Place.self, from: Data(position.utf8))
    }

    private func decode<Record: Decodable>(_ type: Record.Type, _ line: Data, _ file: ExportFile) throws -> Record {
        do {
            return try JSONDecoder().decode(type, from: line)
        } catch {
            throw Problem(
                .invalid, "export.line.malformed", "A line of '\(file.path)' is not understood.", why: "\(error)",
                fix: "Use the dhow that wrote it, or a newer one.")
        }
    }
}

extension SourcePart {
    fileprivate mutating func add(_ point: ExportLine.Point) {
        if metrics.last?.run != point.run || metrics.last?.key != point.key {
            metrics.append(SeriesRecord(run: point.run, key: point.key, steps: [], times: [], values: []))
        }
        metrics[metrics.count - 1].steps.append(point.step)
        metrics[metrics.count - 1].times.append(point.time)
        metrics[metrics.count - 1].values.append(point.value)
    }
}
