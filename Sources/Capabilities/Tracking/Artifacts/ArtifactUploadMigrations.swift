// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Uploads in parts, and the index that tells which runs used a dataset.
package enum ArtifactUploadMigrations {
    package static let list = MigrationList(
        "artifact-uploads",
        [
            Migration(
                1, "uploads in parts",
                [
                    """
                    CREATE TABLE artifact_upload (
                        id TEXT NOT NULL PRIMARY KEY,
                        workspace TEXT NOT NULL,
                        path TEXT NOT NULL,
                        part_count BIGINT NOT NULL CHECK (part_count > 0),
                        content_type TEXT,
                        created BIGINT NOT NULL,
                        expires BIGINT NOT NULL,
                        digest TEXT
                    )
                    """,
                    "CREATE INDEX artifact_upload_by_workspace ON artifact_upload (workspace, expires)",
                    "CREATE INDEX artifact_upload_by_expiry ON artifact_upload (expires)",
                    """
                    CREATE TABLE artifact_upload_part (
                        upload TEXT NOT NULL REFERENCES artifact_upload (id),
                        number BIGINT NOT NULL CHECK (number > 0),
                        digest TEXT NOT NULL,
                        size BIGINT NOT NULL,
                        PRIMARY KEY (upload, number)
                    ) {clustered}
                    """,
                ])
        ])
}
