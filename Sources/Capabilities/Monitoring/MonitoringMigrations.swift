// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Monitors, their baselines, evaluations, measurements and incidents.
package enum MonitoringMigrations {
    package static let list = MigrationList(
        "monitoring",
        [
            Migration(1, "monitors, baselines, evaluations, incidents", monitors + evaluations + incidents),
            // While a rollout runs, its predictions are counted as they are logged. The table is Serving's, the reader is here.
            Migration(
                2, "predictions of a rollout in the order they were logged",
                [
                    "CREATE INDEX prediction_by_candidate ON prediction (workspace, endpoint, candidate, logged, id) WHERE candidate IS NOT NULL"
                ]),
            // What was measured stays, so the monitor's row does too.
            Migration(3, "monitors that were deleted", ["ALTER TABLE monitor ADD COLUMN deleted BIGINT"]),
            // As for predictions: a shadow's answers are counted as they are logged. The table is Serving's, the reader is here.
            Migration(
                4, "a shadow's answers in the order they were logged",
                ["CREATE INDEX shadow_prediction_by_time ON shadow_prediction (workspace, endpoint, model, version, logged, id)"]),
        ])

    private static let monitors = [
        """
        CREATE TABLE monitor (
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            revision BIGINT NOT NULL CHECK (revision > 0),
            document TEXT NOT NULL,
            created BIGINT NOT NULL,
            changed BIGINT NOT NULL,
            PRIMARY KEY (workspace, name)
        )
        """,
        """
        CREATE TABLE baseline (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            source TEXT NOT NULL,
            document TEXT NOT NULL,
            created BIGINT NOT NULL,
            created_by TEXT NOT NULL,
            PRIMARY KEY (workspace, monitor, model, version),
            FOREIGN KEY (workspace, monitor) REFERENCES monitor (workspace, name)
        )
        """,
        // Sorted little-endian doubles.
        """
        CREATE TABLE baseline_sample (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            feature TEXT NOT NULL,
            sorted_values BYTEA NOT NULL,
            PRIMARY KEY (workspace, monitor, model, version, feature),
            FOREIGN KEY (workspace, monitor, model, version) REFERENCES baseline (workspace, monitor, model, version)
        )
        """,
    ]

    private static let evaluations = [
        """
        CREATE TABLE evaluation (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            monitor TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            window_start BIGINT NOT NULL,
            window_end BIGINT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('healthy', 'drifted', 'degraded', 'faulty', 'undecided')),
            created BIGINT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (workspace, id),
            FOREIGN KEY (workspace, monitor) REFERENCES monitor (workspace, name),
            CHECK (window_start < window_end)
        )
        """,
        "CREATE INDEX evaluation_by_monitor ON evaluation (workspace, monitor, id)",
        "CREATE INDEX evaluation_by_window ON evaluation (workspace, monitor, window_end, id)",
        """
        CREATE TABLE measurement (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            subject TEXT NOT NULL,
            name TEXT NOT NULL,
            window_start BIGINT NOT NULL,
            value DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (workspace, evaluation, subject, name),
            FOREIGN KEY (workspace, evaluation) REFERENCES evaluation (workspace, id)
        )
        """,
        "CREATE INDEX measurement_by_name ON measurement (workspace, monitor, subject, name, window_start, evaluation)",
        // What was told once about a window is not told again when the window is evaluated again.
        """
        CREATE TABLE monitor_event (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            window_start BIGINT NOT NULL,
            window_end BIGINT NOT NULL,
            kind TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            PRIMARY KEY (workspace, monitor, window_start, window_end, kind)
        ){clustered}
        """,
    ]

    private static let incidents = [
        """
        CREATE TABLE incident (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            monitor TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('data-fault')),
            summary TEXT NOT NULL,
            window_start BIGINT NOT NULL,
            window_end BIGINT NOT NULL,
            evaluation TEXT NOT NULL,
            opened BIGINT NOT NULL,
            closed BIGINT,
            closed_by TEXT,
            resolution TEXT CHECK (resolution IN ('repaired', 'accepted')),
            note TEXT,
            PRIMARY KEY (workspace, id),
            FOREIGN KEY (workspace, evaluation) REFERENCES evaluation (workspace, id),
            CHECK ((closed IS NULL) = (closed_by IS NULL))
        )
        """,
        "CREATE UNIQUE INDEX incident_open ON incident (workspace, endpoint, monitor, kind) WHERE closed IS NULL",
        "CREATE INDEX incident_by_monitor ON incident (workspace, monitor, window_start)",
    ]
}
