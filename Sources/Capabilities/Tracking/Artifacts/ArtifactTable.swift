// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Files and folders of one workspace. A folder is there as long as something is in it.
struct ArtifactTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ path: ArtifactPath) throws -> Artifact? {
        guard let name = path.name else { return nil }
        return try transaction.row(
            "SELECT * FROM artifact WHERE workspace = ? AND folder = ? AND name = ?", workspace, path.parent.text, name
        ).map { try Self.decode($0, in: path.parent) }
    }

    func isFolder(_ path: ArtifactPath) throws -> Bool {
        guard let name = path.name else { return true }
        return try transaction.row(
            "SELECT 1 AS one FROM artifact_folder WHERE workspace = ? AND parent = ? AND name = ?", workspace, path.parent.text, name)
            != nil
    }

    /// Inserts or replaces; the folders above come into being.
    ///
    /// - Throws: `Problem` `.conflict` where a file would be a folder too.
    func put(_ artifact: Artifact) throws {
        guard let name = artifact.path.name, try !isFolder(artifact.path) else { throw clash(artifact.path) }
        try transaction.execute(
            """
            INSERT INTO artifact (workspace, folder, name, digest, size, time, content_type) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, folder, name) DO UPDATE
            SET digest = excluded.digest, size = excluded.size, time = excluded.time, content_type = excluded.content_type
            """,
            workspace, artifact.path.parent.text, name, artifact.digest, artifact.size, artifact.time, artifact.contentType)
        var folder = artifact.path.parent
        while let name = folder.name {
            guard try find(folder) == nil else { throw clash(folder) }
            let inserted = try transaction.execute(
                "INSERT INTO artifact_folder (workspace, parent, name) VALUES (?, ?, ?) ON CONFLICT (workspace, parent, name) DO NOTHING",
                workspace, folder.parent.text, name)
            if inserted == 0 { return }
            folder = folder.parent
        }
    }

    /// Folders and files directly in a folder, by name, after the given name.
    func entries(in folder: ArtifactPath, after name: String?, limit: Int) throws -> [ArtifactEntry] {
        var entries: [ArtifactEntry] = []
        try transaction.forEachRow(
            """
            SELECT name, 1 AS is_folder, NULL AS digest, NULL AS size, NULL AS time, NULL AS content_type
            FROM artifact_folder WHERE workspace = ? AND parent = ? AND name > ?
            UNION ALL SELECT name, 0, digest, size, time, content_type FROM artifact WHERE workspace = ? AND folder = ? AND name > ?
            ORDER BY name LIMIT \(limit)
            """,
            values: [workspace, folder.text, name ?? "", workspace, folder.text, name ?? ""].map { .text($0) }
        ) { row in
            let isFolder: Bool = try row["is_folder"]
            entries.append(
                isFolder ? .folder(ArtifactPath(trusted: folder.segments + [try row["name"]])) : .file(try Self.decode(row, in: folder)))
        }
        return entries
    }

    /// Every file below a folder, at most `limit`, folder by folder.
    func files(below folder: ArtifactPath, limit: Int) throws -> [Artifact] {
        var files: [Artifact] = []
        var folders = [folder]
        while let folder = folders.popLast() {
            try transaction.forEachRow(
                "SELECT * FROM artifact WHERE workspace = ? AND folder = ? ORDER BY name LIMIT \(limit + 1)",
                values: [.text(workspace), .text(folder.text)]
            ) { files.append(try Self.decode($0, in: folder)) }
            guard files.count <= limit else {
                throw Problem(
                    .tooLarge, "tracking.artifact.too-many", "'\(folder.text.printable)' holds more than \(limit) files.",
                    fix: "Work on its subfolders one by one, or pack the files into fewer.")
            }
            for row in try transaction.rows(
                "SELECT name FROM artifact_folder WHERE workspace = ? AND parent = ? ORDER BY name DESC", workspace, folder.text)
            {
                folders.append(ArtifactPath(trusted: folder.segments + [try row["name"]]))
            }
        }
        return files
    }

    /// Some files below a folder, at most `limit`; none when there are none.
    func someFiles(below folder: ArtifactPath, limit: Int) throws -> [Artifact] {
        var files: [Artifact] = []
        var folders = [folder]
        while files.count < limit, let folder = folders.popLast() {
            try transaction.forEachRow(
                "SELECT * FROM artifact WHERE workspace = ? AND folder = ? ORDER BY name LIMIT \(limit - files.count)",
                values: [.text(workspace), .text(folder.text)]
            ) { files.append(try Self.decode($0, in: folder)) }
            for row in try transaction.rows(
                "SELECT name FROM artifact_folder WHERE workspace = ? AND parent = ? ORDER BY name DESC", workspace, folder.text)
            {
                folders.append(ArtifactPath(trusted: folder.segments + [try row["name"]]))
            }
        }
        return files
    }

    /// How many files lie below a folder, and their bytes together.
    func size(below folder: ArtifactPath) throws -> (files: Int64, bytes: Int64) {
        var (files, bytes): (Int64, Int64) = (0, 0)
        var folders = [folder]
        while let folder = folders.popLast() {
            let sum = try transaction.row(
                "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes FROM artifact WHERE workspace = ? AND folder = ?",
                workspace, folder.text)
            if let sum { (files, bytes) = (files + (try sum["files"]), bytes + (try sum["bytes"])) }
            for row in try transaction.rows(
                "SELECT name FROM artifact_folder WHERE workspace = ? AND parent = ?", workspace, folder.text)
            {
                folders.append(ArtifactPath(trusted: folder.segments + [try row["name"]]))
            }
        }
        return (files, bytes)
    }

    func delete(_ path: ArtifactPath) throws {
        guard let name = path.name else { return }
        try transaction.execute("DELETE FROM artifact WHERE workspace = ? AND folder = ? AND name = ?", workspace, path.parent.text, name)
        var folder = path.parent
        while let name = folder.name, try entries(in: folder, after: nil, limit: 1).isEmpty {
            try transaction.execute(
                "DELETE FROM artifact_folder WHERE workspace = ? AND parent = ? AND name = ?", workspace, folder.parent.text, name)
            folder = folder.parent
        }
    }

    private func clash(_ path: ArtifactPath) -> Problem {
        Problem(
            .conflict, "tracking.artifact.clash", "'\(path.text.printable)' cannot be both a file and a folder.",
            fix: "Store under another name, or delete what is there.")
    }

    private static func decode(_ row: Row, in folder: ArtifactPath) throws -> Artifact {
        Artifact(
            path: ArtifactPath(trusted: folder.segments + [try row["name"]]), digest: try row["digest"], size: try row["size"],
            time: try row["time"], contentType: try row["content_type"])
    }
}
