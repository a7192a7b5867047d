// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What sources declare.
package enum DocumentMigrations {
    package static let list = MigrationList(
        "documents",
        [
            Migration(
                1, "declared objects",
                [
                    """
                    CREATE TABLE declared_object (
                        workspace TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        name TEXT NOT NULL,
                        source TEXT NOT NULL,
                        object TEXT NOT NULL,
                        generation BIGINT NOT NULL CHECK (generation > 0),
                        digest TEXT NOT NULL,
                        spec TEXT NOT NULL,
                        document TEXT NOT NULL,
                        file TEXT NOT NULL,
                        code_commit TEXT,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        applied BIGINT NOT NULL,
                        PRIMARY KEY (workspace, kind, name)
                    )
                    """,
                    "CREATE INDEX declared_object_by_source ON declared_object (workspace, source, kind, name)",
                    // Two documents never stand for one object.
                    "CREATE UNIQUE INDEX declared_object_by_object ON declared_object (workspace, kind, object)",
                ])
        ])
}
