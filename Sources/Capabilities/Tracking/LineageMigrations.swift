// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Tags of snapshots, and who used what: the edges that lineage and retention follow from a source to its users.
package enum LineageMigrations {
    package static let list = MigrationList(
        "lineage",
        [
            Migration(
                1, "tags of snapshots, edges of lineage",
                [
                    """
                    CREATE TABLE snapshot_tag (
                        workspace TEXT NOT NULL,
                        snapshot TEXT NOT NULL,
                        key TEXT NOT NULL,
                        value TEXT NOT NULL,
                        PRIMARY KEY (workspace, snapshot, key),
                        FOREIGN KEY (workspace, snapshot) REFERENCES snapshot (workspace, id)
                    ) {clustered}
                    """,
                    // No foreign keys: sources and users belong to several capabilities, and an edge may outlive its user.
                    """
                    CREATE TABLE lineage_edge (
                        workspace TEXT NOT NULL,
                        source_kind TEXT NOT NULL,
                        source TEXT NOT NULL,
                        user_kind TEXT NOT NULL,
                        user_id TEXT NOT NULL,
                        PRIMARY KEY (workspace, source_kind, source, user_kind, user_id)
                    ) {clustered}
                    """,
                    "CREATE INDEX lineage_edge_by_user ON lineage_edge (workspace, user_kind, user_id)",
                    // From the digest that a training program named to its runs.
                    "CREATE INDEX input_dataset_by_digest ON input_dataset (digest)",
                    "CREATE INDEX run_input_by_dataset ON run_input (dataset, run)",
                ])
        ])
}
