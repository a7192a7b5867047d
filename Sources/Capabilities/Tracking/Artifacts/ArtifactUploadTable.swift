// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct ArtifactUploadTable {
    let transaction: any Transaction

    func insert(_ upload: ArtifactUpload, in workspace: String) throws {
        try transaction.execute(
            "INSERT INTO artifact_upload (id, workspace, path, part_count, content_type, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
            upload.id, workspace, upload.path.text, upload.partCount, upload.contentType, upload.created, upload.expires)
    }

    /// - Throws: `Problem` `.notFound` when there is none in the workspace, or its time is over.
    func get(_ id: String, in workspace: String, at time: Timestamp) throws -> ArtifactUpload {
        let row = try transaction.row(
            "SELECT * FROM artifact_upload WHERE id = ? AND workspace = ? AND expires > ?", id, workspace, time)
        guard let row else { throw ArtifactUpload.unknown(id) }
        let path: String = try row["path"]
        return ArtifactUpload(
            id: try row["id"], path: ArtifactPath(trusted: path.split(separator: "/").map(String.init)), partCount: try row["part_count"],
            contentType: try row["content_type"], created: try row["created"], expires: try row["expires"], digest: try row["digest"])
    }

    /// Uploads of a workspace that are under way, at most `limit` of them.
    func countOpen(in workspace: String, at time: Timestamp, limit: Int) throws -> Int {
        try transaction.rows(
            "SELECT 1 AS one FROM artifact_upload WHERE workspace = ? AND expires > ? AND digest IS NULL LIMIT \(limit)", workspace, time
        ).count
    }

    func parts(of id: String) throws -> [ArtifactUpload.Part] {
        try transaction.rows("SELECT number, digest, size FROM artifact_upload_part WHERE upload = ? ORDER BY number", id).map {
            ArtifactUpload.Part(number: try $0["number"], digest: try $0["digest"], size: try $0["size"])
        }
    }

    func put(_ part: ArtifactUpload.Part, of id: String) throws {
        try transaction.execute(
            """
            INSERT INTO artifact_upload_part (upload, number, digest, size) VALUES (?, ?, ?, ?)
            ON CONFLICT (upload, number) DO UPDATE SET digest = excluded.digest, size = excluded.size
            """,
            id, part.number, part.digest, part.size)
        try BlobReferenceTable(transaction: transaction).hold(part.digest, by: Self.holder(of: id))
    }

    /// The upload stays, so that asking again finds it done.
    func complete(_ id: String, as digest: BlobDigest) throws {
        try deleteParts(of: id)
        try transaction.execute("UPDATE artifact_upload SET digest = ? WHERE id = ?", digest, id)
    }

    func delete(_ id: String) throws {
        try deleteParts(of: id)
        try transaction.execute("DELETE FROM artifact_upload WHERE id = ?", id)
    }

    func expired(at time: Timestamp, limit: Int) throws -> [String] {
        try transaction.rows("SELECT id FROM artifact_upload WHERE expires <= ? ORDER BY expires LIMIT \(limit)", time).map {
            try $0["id"]
        }
    }

    private func deleteParts(of id: String) throws {
        try transaction.execute("DELETE FROM artifact_upload_part WHERE upload = ?", id)
        try BlobReferenceTable(transaction: transaction).release(by: Self.holder(of: id))
    }

    private static func holder(of id: String) -> String { "upload/\(id)" }
}
