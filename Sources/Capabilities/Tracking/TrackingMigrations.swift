// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Experiments, runs, logged models, artifacts and snapshots.
///
/// Rows that belong to a run, experiment or logged model are keyed by its id alone: ids are unique over all workspaces, and
/// every use case looks the owner up in the caller's workspace first.
package enum TrackingMigrations {
    package static let list = MigrationList(
        "tracking",
        [
            Migration(1, "experiments and runs", experiments + runs),
            Migration(2, "logged models and links of runs", loggedModels + links),
            Migration(3, "artifacts", artifacts),
            Migration(4, "datasets and snapshots", snapshots),
            Migration(5, "runs by what they logged", runSearch),
            Migration(6, "retention", retention),
        ])

    private static let experiments = [
        "CREATE TABLE experiment_counter (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "INSERT INTO experiment_counter (name, value) VALUES ('experiment', 0)",
        """
        CREATE TABLE experiment (
            id BIGINT NOT NULL PRIMARY KEY,
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            location TEXT NOT NULL,
            lifecycle TEXT NOT NULL CHECK (lifecycle IN ('active', 'deleted')),
            created BIGINT NOT NULL,
            updated BIGINT NOT NULL,
            UNIQUE (workspace, name)
        )
        """,
        "CREATE INDEX experiment_by_update ON experiment (workspace, updated DESC, id)",
        // The installation's first experiment, which clients expect to find under the id 0.
        """
        INSERT INTO experiment (id, workspace, name, location, lifecycle, created, updated)
        VALUES (0, 'default', 'Default', 'store:0', 'active', 0, 0)
        """,
        """
        CREATE TABLE experiment_tag (
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (experiment, key)
        ) {clustered}
        """,
    ]

    private static let runs = [
        """
        CREATE TABLE run (
            id TEXT NOT NULL PRIMARY KEY,
            workspace TEXT NOT NULL,
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            name TEXT NOT NULL,
            author TEXT NOT NULL,
            status TEXT NOT NULL,
            started BIGINT NOT NULL,
            ended BIGINT,
            lifecycle TEXT NOT NULL CHECK (lifecycle IN ('active', 'deleted')),
            location TEXT NOT NULL
        )
        """,
        "CREATE INDEX run_by_start ON run (workspace, experiment, started DESC, id)",
        """
        CREATE TABLE param (
            run TEXT NOT NULL REFERENCES run (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, key)
        ) {clustered}
        """,
        """
        CREATE TABLE run_tag (
            run TEXT NOT NULL REFERENCES run (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, key)
        ) {clustered}
        """,
        // No foreign key: one look-up for the batch replaces one a row.
        """
        CREATE TABLE metric (
            run TEXT NOT NULL,
            key TEXT NOT NULL,
            step BIGINT NOT NULL,
            time BIGINT NOT NULL,
            value DOUBLE PRECISION NOT NULL,
            is_nan BIGINT NOT NULL,
            PRIMARY KEY (run, key, step, time, value, is_nan)
        ) {clustered}
        """,
        """
        CREATE TABLE latest_metric (
            run TEXT NOT NULL,
            key TEXT NOT NULL,
            step BIGINT NOT NULL,
            time BIGINT NOT NULL,
            value DOUBLE PRECISION NOT NULL,
            is_nan BIGINT NOT NULL,
            PRIMARY KEY (run, key)
        ) {clustered}
        """,
    ]

    /// Postgres bounds an entry of an index to a third of a page, so long values are found by their beginning (`SearchDriver.prefix`).
    private static let runSearch = [
        "ALTER TABLE latest_metric ADD COLUMN experiment BIGINT NOT NULL DEFAULT -1",
        """
        UPDATE latest_metric SET experiment = COALESCE((SELECT run.experiment FROM run WHERE run.id = latest_metric.run), -1)
        """,
        "CREATE INDEX latest_metric_by_value ON latest_metric (experiment, key, is_nan, value, run)",
        "CREATE INDEX param_by_value ON param (key, substr(value, 1, 100), run)",
        "CREATE INDEX run_tag_by_value ON run_tag (key, substr(value, 1, 100), run)",
    ]

    /// What was put away before has no time of it: its days begin when the first pass sees it.
    private static let retention = [
        "ALTER TABLE run ADD COLUMN deleted BIGINT",
        "ALTER TABLE experiment ADD COLUMN deleted BIGINT",
        "ALTER TABLE logged_model ADD COLUMN deleted BIGINT",
        "CREATE INDEX run_by_experiment ON run (experiment, id)",
        "CREATE INDEX logged_model_by_experiment ON logged_model (experiment, id)",
        "CREATE INDEX logged_model_by_run ON logged_model (run)",
        "CREATE INDEX run_model_by_model ON run_model (model)",
        // The experiment -1 stands for all of the workspace.
        """
        CREATE TABLE retention_policy (
            workspace TEXT NOT NULL,
            experiment BIGINT NOT NULL,
            deleted_days BIGINT,
            unreferred_days BIGINT,
            trace_days BIGINT,
            author TEXT NOT NULL,
            updated BIGINT NOT NULL,
            PRIMARY KEY (workspace, experiment)
        )
        """,
        // What is gone but for its points and files, which are freed a bounded number at a time.
        """
        CREATE TABLE purged (
            workspace TEXT NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            folder TEXT,
            PRIMARY KEY (workspace, kind, id)
        ) {clustered}
        """,
    ]

    private static let loggedModels = [
        """
        CREATE TABLE logged_model (
            id TEXT NOT NULL PRIMARY KEY,
            workspace TEXT NOT NULL,
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            name TEXT NOT NULL,
            type TEXT,
            run TEXT,
            status TEXT NOT NULL,
            status_message TEXT,
            lifecycle TEXT NOT NULL CHECK (lifecycle IN ('active', 'deleted')),
            location TEXT NOT NULL,
            created BIGINT NOT NULL,
            updated BIGINT NOT NULL
        )
        """,
        "CREATE INDEX logged_model_by_creation ON logged_model (workspace, experiment, created DESC, id)",
        """
        CREATE TABLE logged_model_param (
            model TEXT NOT NULL REFERENCES logged_model (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, key)
        ) {clustered}
        """,
        """
        CREATE TABLE logged_model_tag (
            model TEXT NOT NULL REFERENCES logged_model (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, key)
        ) {clustered}
        """,
        """
        CREATE TABLE logged_model_metric (
            model TEXT NOT NULL,
            key TEXT NOT NULL,
            run TEXT NOT NULL,
            step BIGINT NOT NULL,
            time BIGINT NOT NULL,
            value DOUBLE PRECISION NOT NULL,
            is_nan BIGINT NOT NULL,
            dataset_name TEXT,
            dataset_digest TEXT,
            PRIMARY KEY (model, key, run)
        ) {clustered}
        """,
    ]

    private static let links = [
        """
        CREATE TABLE input_dataset (
            id TEXT NOT NULL PRIMARY KEY,
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            source_type TEXT NOT NULL,
            source TEXT NOT NULL,
            schema TEXT,
            profile TEXT,
            UNIQUE (experiment, name, digest)
        )
        """,
        """
        CREATE TABLE run_input (
            run TEXT NOT NULL REFERENCES run (id),
            dataset TEXT NOT NULL REFERENCES input_dataset (id),
            context TEXT,
            tags TEXT NOT NULL,
            PRIMARY KEY (run, dataset)
        ) {clustered}
        """,
        """
        CREATE TABLE run_model (
            run TEXT NOT NULL REFERENCES run (id),
            direction TEXT NOT NULL CHECK (direction IN ('input', 'output')),
            model TEXT NOT NULL REFERENCES logged_model (id),
            step BIGINT NOT NULL,
            PRIMARY KEY (run, direction, model)
        ) {clustered}
        """,
    ]

    private static let artifacts = [
        """
        CREATE TABLE artifact_folder (
            workspace TEXT NOT NULL,
            parent TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (workspace, parent, name)
        ) {clustered}
        """,
        """
        CREATE TABLE artifact (
            workspace TEXT NOT NULL,
            folder TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            size BIGINT NOT NULL,
            time BIGINT NOT NULL,
            content_type TEXT,
            PRIMARY KEY (workspace, folder, name)
        ) {clustered}
        """,
    ]

    private static let snapshots = [
        """
        CREATE TABLE dataset (
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            created BIGINT NOT NULL,
            PRIMARY KEY (workspace, name)
        )
        """,
        """
        CREATE TABLE snapshot (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            dataset TEXT NOT NULL,
            ordinal BIGINT NOT NULL,
            recorded BIGINT NOT NULL,
            author TEXT NOT NULL,
            jurisdiction TEXT,
            classifications TEXT NOT NULL,
            row_count BIGINT,
            schema TEXT NOT NULL,
            profile TEXT,
            PRIMARY KEY (workspace, id),
            UNIQUE (workspace, dataset, ordinal),
            FOREIGN KEY (workspace, dataset) REFERENCES dataset (workspace, name)
        )
        """,
        """
        CREATE TABLE snapshot_file (
            workspace TEXT NOT NULL,
            snapshot TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            size BIGINT NOT NULL,
            PRIMARY KEY (workspace, snapshot, name),
            FOREIGN KEY (workspace, snapshot) REFERENCES snapshot (workspace, id)
        ) {clustered}
        """,
    ]
}
