// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Where predictions are that have left the prediction log's table.
package enum ArchiveMigrations {
    package static let list = MigrationList(
        "prediction-archive",
        [
            Migration(
                1, "segments of archived predictions",
                [
                    """
                    CREATE TABLE prediction_segment (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        id TEXT NOT NULL,
                        first_time BIGINT NOT NULL,
                        last_time BIGINT NOT NULL,
                        first_logged BIGINT NOT NULL,
                        last_logged BIGINT NOT NULL,
                        row_count BIGINT NOT NULL,
                        digest TEXT NOT NULL,
                        bytes BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, id)
                    )
                    """,
                    "CREATE INDEX prediction_segment_by_time ON prediction_segment (workspace, endpoint, first_time)",
                    "CREATE INDEX prediction_segment_by_logged ON prediction_segment (workspace, last_logged)",
                ])
        ])
}
