// SPDX-License-Identifier: Apache-2.0

package import Backends

/// How long predictions took, what was answered, and what revisions on trial took and refused.
package enum RevisionLoadMigrations {
    package static let list = MigrationList(
        "revision loads",
        [
            Migration(
                1, "time of predictions and loads of revisions",
                [
                    "ALTER TABLE prediction ADD COLUMN microseconds BIGINT",
                    "ALTER TABLE prediction ADD COLUMN request_rows BIGINT",
                    """
                    CREATE TABLE revision_load (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        candidate BIGINT NOT NULL,
                        revision BIGINT NOT NULL,
                        candidate_percent BIGINT NOT NULL,
                        answered BIGINT NOT NULL,
                        misfits BIGINT NOT NULL,
                        shed BIGINT NOT NULL,
                        most_at_once BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, candidate, revision, candidate_percent)
                    ){clustered}
                    """,
                ]),
            Migration(2, "outputs of predictions", ["ALTER TABLE prediction ADD COLUMN outputs TEXT"]),
        ])
}
