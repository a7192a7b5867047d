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
                ]),
            Migration(
                2, "settings of endpoints, online features and mirrored predictions",
                [
                    """
                    CREATE TABLE endpoint_setting (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        settings TEXT NOT NULL,
                        version BIGINT NOT NULL,
                        changed BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint)
                    )
                    """,
                    "CREATE INDEX endpoint_setting_by_change ON endpoint_setting (changed)",
                    """
                    CREATE TABLE online_feature (
                        workspace TEXT NOT NULL,
                        service TEXT NOT NULL,
                        entity TEXT NOT NULL,
                        features TEXT NOT NULL,
                        time BIGINT NOT NULL,
                        written BIGINT NOT NULL,
                        PRIMARY KEY (workspace, service, entity)
                    ){clustered}
                    """,
                    """
                    CREATE TABLE shadow_prediction (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        model TEXT NOT NULL,
                        version BIGINT NOT NULL,
                        id TEXT NOT NULL,
                        score DOUBLE PRECISION,
                        microseconds BIGINT NOT NULL,
                        failure TEXT,
                        logged BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, model, version, id)
                    ){clustered}
                    """,
                ]),
        ])
}
