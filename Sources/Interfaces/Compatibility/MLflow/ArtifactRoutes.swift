// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import Tracking

/// Artifacts by path, streamed both ways; and `artifacts/list` of runs.
///
/// Beneath `registered-models/<name>/<number>` stand the files of a model version, which cannot be written.
struct ArtifactRoutes: RouteGroup {
    static let versionsFolder = "registered-models"

    let artifacts: ArtifactStore
    let runs: RunTracking
    let registry: ModelRegistry

    var routes: [Route] {
        let base = "2.0/mlflow-artifacts/artifacts"
        let transfers = ["/api/", "/ajax-api/"].flatMap { prefix in
            [
                Route(.get, prefix + base + "/**", .permission(.trackingRead), problems: .mlflow, handler: download),
                Route(
                    .put, prefix + base + "/**", .permission(.trackingWrite), problems: .mlflow,
                    bodyLimit: Int(ArtifactStore.maximumBytes), handler: upload),
                Route(.delete, prefix + base + "/**", .permission(.trackingWrite), problems: .mlflow, handler: delete),
            ]
        }
        return transfers + MLflowRoute.routes([.get], base, .trackingRead, list)
            + MLflowRoute.routes([.get], "2.0/mlflow/artifacts/list", .trackingRead) { call in
                let run = try await runs.get(try call.fields.run(), by: call.caller)
                return try await ArtifactListing(artifacts: artifacts).answer(at: run.location, call)
            }
    }

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        let path = try ArtifactPath(try context.remainingPath())
        let range = try request.headers[.range].map { text throws(Problem) in try ByteRange(text) }
        if let (version, file) = try await version(at: path, by: context.caller) {
            guard let known = version.files.first(where: { $0.path == file.text }) else { throw Artifact.unknown(path) }
            let content = try await registry.open(known.path, of: version, range: try range?.bounds(of: known.size), by: context.caller)
            return ArtifactAnswer.response(content, name: file.name ?? "", type: nil, isPart: range != nil, context)
        }
        guard let artifact = try await artifacts.find(path, by: context.caller) else { throw Artifact.unknown(path) }
        let (_, content) = try await artifacts.open(path, range: try range?.bounds(of: artifact.size), by: context.caller)
        return ArtifactAnswer.response(content, name: path.name ?? "", type: artifact.contentType, isPart: range != nil, context)
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let path = try writable(ArtifactPath(try context.remainingPath()))
        let bytes = request.body.map { Array($0.readableBytesView) }
        _ = try await artifacts.put(bytes, at: path, contentType: request.headers[.contentType], by: context.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await artifacts.delete(try writable(ArtifactPath(try context.remainingPath())), by: context.caller)
        return Answer.data(Data("{}".utf8), type: "application/json")
    }

    /// Names relative to the folder asked for. All of it in one answer, as the protocol has no pages here.
    private func list(_ call: MLflowCall) async throws -> JSONWriter {
        let text = try call.fields.text("path") ?? ""
        let folder = try ArtifactPath(text.hasSuffix("/") ? String(text.dropLast()) : text)
        var entries: [ArtifactEntry] = []
        if let (version, below) = try await version(at: folder, by: call.caller) {
            entries = VersionListing.entries(of: version, in: below, as: folder)
        } else if try await artifacts.find(folder, by: call.caller) == nil {
            var after: String?
            repeat {
                let (page, next) = try await artifacts.list(folder, after: after, by: call.caller)
                entries += page
                guard entries.count <= ArtifactStore.maximumFiles else {
                    throw Problem(
                        .tooLarge, "mlflow.artifacts.too-many",
                        "'\(folder.text.printable)' holds more than \(ArtifactStore.maximumFiles) entries.")
                }
                after = next
            } while after != nil
        }
        return JSONWriter.object { $0.write(entries, below: folder) }
    }

    private func version(at path: ArtifactPath, by caller: Caller) async throws -> (ModelVersion, ArtifactPath)? {
        let segments = path.segments
        guard segments.first == Self.versionsFolder, segments.count >= 3 else { return nil }
        guard let number = Int64(segments[2]) else { throw Artifact.unknown(path) }
        return (try await registry.version(segments[1], .number(number), by: caller), try ArtifactPath(Array(segments.dropFirst(3))))
    }

    private func writable(_ path: ArtifactPath) throws(Problem) -> ArtifactPath {
        guard path.segments.first != Self.versionsFolder else {
            throw Problem(
                .invalid, "mlflow.artifacts.immutable", "The files of model versions cannot be changed.", fix: "Register a new version.")
        }
        return path
    }
}

/// The files of a version as folders.
enum VersionListing {
    static func entries(of version: ModelVersion, in below: ArtifactPath, as folder: ArtifactPath) -> [ArtifactEntry] {
        var entries: [String: ArtifactEntry] = [:]
        for file in version.files {
            guard let path = try? ArtifactPath(file.path), let rest = path.relative(to: below), let name = rest.segments.first,
                let place = try? folder.appending(ArtifactPath([name]))
            else { continue }
            if rest.segments.count > 1 {
                entries[name] = .folder(place)
            } else {
                entries[name] = .file(Artifact(path: place, digest: file.digest, size: file.size, time: version.created, contentType: nil))
            }
        }
        return entries.sorted { $0.key < $1.key }.map(\.value)
    }
}
