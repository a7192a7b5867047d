// SPDX-License-Identifier: Apache-2.0

import API
package import Backends
import Domain
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
package import Tracking

/// Datasets, their snapshots, and the upload of the bytes they are made of.
package struct SnapshotRoutes: RouteGroup {
    /// 64 GiB, streamed.
    private static let largestBlob = 64 << 30

    private let snapshots: SnapshotCatalogue
    private let blobs: any BlobStore

    package init(snapshots: SnapshotCatalogue, blobs: any BlobStore) {
        self.snapshots = snapshots
        self.blobs = blobs
    }

    package var routes: [Route] {
        [
            Route(.put, "/api/v1/blobs", .permission(.snapshotRecord), bodyLimit: Self.largestBlob, handler: upload),
            Route(.get, "/api/v1/datasets", .permission(.snapshotRead), handler: datasets),
            Route(.get, "/api/v1/datasets/{dataset}/snapshots", .permission(.snapshotRead), handler: list),
            Route(
                .post, "/api/v1/datasets/{dataset}/snapshots", .permission(.snapshotRecord), timeLimit: Route.longTimeLimit, handler: record
            ),
            Route(.get, "/api/v1/datasets/{dataset}/snapshots/latest", .permission(.snapshotRead), handler: latest),
            Route(.get, "/api/v1/snapshots/{snapshot}", .permission(.snapshotRead)) { _, context in try await show(context) },
            Route(.get, "/api/v1/snapshots/{snapshot}/diff/{other}", .permission(.snapshotRead), handler: diff),
            Route(.put, "/api/v1/snapshots/{snapshot}/tags/**", .permission(.snapshotRecord), handler: setTag),
            Route(.delete, "/api/v1/snapshots/{snapshot}/tags/**", .permission(.snapshotRecord)) { _, context in
                try await snapshots.deleteTag(try context.remainingKey(), of: try context.parameter("snapshot"), by: context.caller)
                return try await show(context)
            },
        ]
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let bytes = request.body.map { Array($0.readableBytesView) }
        let info = try await blobs.put(bytes, limit: Int64(context.bodyLimit))
        return try Answer.json(BlobAnswer(digest: info.digest.description, size: info.size), status: .created)
    }

    private func datasets(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await snapshots.datasets(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: items, next: next))
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await snapshots.list(
            try context.parameter("dataset"), before: try query.integer("after"), limit: query.limit, by: context.caller)
        let tags = try await snapshots.tags(of: items.map(\.id), by: context.caller)
        return try Answer.json(
            Page(items: items.map { SnapshotAnswer($0, tags: tags[$0.id], withProfile: false) }, next: next.map(String.init)))
    }

    private func record(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let dataset = try context.parameter("dataset")
        let body = try await RequestBody.json(RecordSnapshotRequest.self, of: request, &context)
        var files: [(name: String, blob: BlobInfo)] = []
        for file in body.files {
            guard let digest = BlobDigest(file.digest), let info = try await blobs.info(digest) else {
                throw Problem(
                    .notFound, "tracking.snapshot.blob-unknown",
                    "There are no stored bytes '\(file.digest.printable)' for file '\(file.name.printable)'.",
                    fix: "Send them first: PUT /api/v1/blobs.")
            }
            files.append((file.name, info))
        }
        let snapshot = try await snapshots.record(
            dataset: dataset, files: files, jurisdiction: body.jurisdiction, classifications: body.classifications ?? [], by: context.caller
        )
        return try await answer(snapshot, status: .created, context)
    }

    /// With `?offset=N` the one that N newer ones have followed.
    private func latest(_ request: Request, _ context: APIContext) async throws -> Response {
        let dataset = try context.parameter("dataset")
        let offset = Int(try ListQuery(request).integer("offset") ?? 0)
        guard let snapshot = try await snapshots.latest(dataset, offset: offset, by: context.caller).first else {
            throw Problem(
                .notFound, "tracking.snapshot.none", "Dataset '\(dataset.printable)' has no snapshot number \(offset) from the newest.",
                fix: "Record one: dhow snapshot record DATASET --file FILE.")
        }
        return try await answer(snapshot, context)
    }

    private func show(_ context: APIContext) async throws -> Response {
        try await answer(try await snapshots.get(try context.parameter("snapshot"), by: context.caller), context)
    }

    /// From the first to the other.
    private func diff(_ request: Request, _ context: APIContext) async throws -> Response {
        let (before, after) = (try context.parameter("snapshot"), try context.parameter("other"))
        let diff = try await snapshots.diff(from: before, to: after, by: context.caller)
        return try Answer.json(SnapshotDiffAnswer(diff, from: before, to: after))
    }

    private func setTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("snapshot")
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        try await snapshots.setTag(Tag(try context.remainingKey(), body.value), on: id, by: context.caller)
        return try await show(context)
    }

    private func answer(_ snapshot: Snapshot, status: HTTPResponse.Status = .ok, _ context: APIContext) async throws -> Response {
        let tags = try await snapshots.tags(of: [snapshot.id], by: context.caller)
        return try Answer.json(SnapshotAnswer(snapshot, tags: tags[snapshot.id], withProfile: true), status: status)
    }
}

extension SnapshotAnswer {
    init(_ snapshot: Snapshot, tags: [Tag]?, withProfile: Bool) {
        let profiles = Dictionary(snapshot.profile?.columns.map { ($0.name, $0) } ?? [], uniquingKeysWith: { first, _ in first })
        let columns = snapshot.columns.map { column in
            let profile = withProfile ? profiles[column.name].map { ColumnProfileAnswer($0) } : nil
            return SnapshotColumnAnswer(name: column.name, type: column.type.rawValue, profile: profile)
        }
        self.init(
            id: snapshot.id, dataset: snapshot.dataset, ordinal: snapshot.ordinal, recorded: snapshot.recorded.milliseconds,
            author: snapshot.author, jurisdiction: snapshot.labels.jurisdiction, classifications: snapshot.labels.classifications,
            files: snapshot.files.map { SnapshotFileBody(name: $0.name, digest: $0.digest.description) }, rows: snapshot.rowCount,
            columns: columns, tags: (tags ?? []).bodies)
    }
}

extension ColumnProfileAnswer {
    init(_ profile: ColumnProfile) {
        self.init(
            nulls: profile.nulls, distinct: profile.distinct, isDistinctEstimated: profile.isDistinctEstimated,
            minimum: profile.numbers?.minimum, maximum: profile.numbers?.maximum, mean: profile.numbers?.mean,
            deviation: profile.numbers?.deviation,
            topValues: profile.topValues?.map { ValueCountAnswer(value: $0.value, count: $0.count) })
    }
}
