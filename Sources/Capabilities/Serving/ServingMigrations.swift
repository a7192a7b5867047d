// SPDX-License-Identifier: Apache-2.0

package import Backends

/// The prediction log and the labels that follow it.
package enum ServingMigrations {
    package static let list = MigrationList(
        "serving",
        [
            Migration(
                1, "predictions and labels",
                [
                    """
                    CREATE TABLE prediction (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        time BIGINT NOT NULL,
                        id TEXT NOT NULL,
                        revision BIGINT NOT NULL,
                        candidate BIGINT,
                        candidate_percent BIGINT NOT NULL,
                        inputs TEXT NOT NULL,
                        score DOUBLE PRECISION,
                        logged BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, time, id)
                    ){clustered}
                    """,
                    "CREATE INDEX prediction_by_id ON prediction (id)",
                    """
                    CREATE TABLE label (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        prediction TEXT NOT NULL,
                        value DOUBLE PRECISION NOT NULL,
                        received BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, prediction)
                    ){clustered}
                    """,
                    "CREATE INDEX label_by_arrival ON label (workspace, endpoint, received, prediction)",
                    // What a label said before it was corrected. No primary key: the same value may return within a millisecond.
                    """
                    CREATE TABLE label_history (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        prediction TEXT NOT NULL,
                        value DOUBLE PRECISION NOT NULL,
                        received BIGINT NOT NULL,
                        replaced BIGINT NOT NULL
                    )
                    """,
                    "CREATE INDEX label_history_by_prediction ON label_history (workspace, endpoint, prediction, replaced)",
                ])
        ])
}
