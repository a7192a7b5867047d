// SPDX-License-Identifier: Apache-2.0

/// The tables that belong to blobs.
package enum BlobMigrations {
    package static let list = MigrationList(
        "blobs",
        [
            Migration(
                1, "references",
                [
                    """
                    CREATE TABLE blob_reference (
                        digest TEXT NOT NULL,
                        holder TEXT NOT NULL,
                        PRIMARY KEY (digest, holder)
                    ) {clustered}
                    """,
                    "CREATE INDEX blob_reference_holder ON blob_reference (holder)",
                ])
        ])
}
