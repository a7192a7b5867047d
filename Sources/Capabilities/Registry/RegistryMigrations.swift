// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Registered models, their versions and aliases.
package enum RegistryMigrations {
    package static let list = MigrationList(
        "registry",
        [
            Migration(
                1, "registered models, versions, aliases",
                [
                    """
                    CREATE TABLE registered_model (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        description TEXT,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        updated BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name)
                    )
                    """,
                    // Outlives its model, so that a number once given never names another version.
                    """
                    CREATE TABLE version_counter (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        last BIGINT NOT NULL,
                        PRIMARY KEY (workspace, model)
                    )
                    """,
                    """
                    CREATE TABLE registered_model_tag (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        key TEXT NOT NULL,
                        value TEXT NOT NULL,
                        PRIMARY KEY (workspace, model, key),
                        FOREIGN KEY (workspace, model) REFERENCES registered_model (workspace, name) ON UPDATE CASCADE
                    ) {clustered}
                    """,
                    """
                    CREATE TABLE model_version (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        number BIGINT NOT NULL,
                        id TEXT NOT NULL UNIQUE,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        updated BIGINT NOT NULL,
                        description TEXT,
                        stage TEXT NOT NULL,
                        signature TEXT,
                        source TEXT,
                        run TEXT,
                        run_link TEXT,
                        logged_model TEXT,
                        execution TEXT,
                        code_commit TEXT,
                        environment_lock TEXT,
                        snapshots TEXT NOT NULL,
                        PRIMARY KEY (workspace, model, number),
                        FOREIGN KEY (workspace, model) REFERENCES registered_model (workspace, name) ON UPDATE CASCADE
                    )
                    """,
                    "CREATE INDEX model_version_by_run ON model_version (workspace, run)",
                    "CREATE INDEX model_version_by_update ON model_version (workspace, updated DESC, model, number)",
                    """
                    CREATE TABLE model_version_tag (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        number BIGINT NOT NULL,
                        key TEXT NOT NULL,
                        value TEXT NOT NULL,
                        PRIMARY KEY (workspace, model, number, key),
                        FOREIGN KEY (workspace, model, number) REFERENCES model_version (workspace, model, number) ON UPDATE CASCADE
                    ) {clustered}
                    """,
                    """
                    CREATE TABLE model_version_file (
                        version TEXT NOT NULL REFERENCES model_version (id),
                        path TEXT NOT NULL,
                        digest TEXT NOT NULL,
                        size BIGINT NOT NULL,
                        PRIMARY KEY (version, path)
                    ) {clustered}
                    """,
                    """
                    CREATE TABLE model_alias (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        alias TEXT NOT NULL,
                        number BIGINT NOT NULL,
                        PRIMARY KEY (workspace, model, alias),
                        FOREIGN KEY (workspace, model, number) REFERENCES model_version (workspace, model, number) ON UPDATE CASCADE
                    ) {clustered}
                    """,
                ]),
            Migration(2, "feature services of versions", ["ALTER TABLE model_version ADD COLUMN feature_service TEXT"]),
            Migration(
                3, "transitions of versions",
                [
                    // No foreign keys: the history outlives versions and models.
                    """
                    CREATE TABLE version_transition (
                        workspace TEXT NOT NULL,
                        model TEXT NOT NULL,
                        id TEXT NOT NULL,
                        number BIGINT NOT NULL,
                        origin TEXT NOT NULL,
                        destination TEXT NOT NULL,
                        author TEXT NOT NULL,
                        time BIGINT NOT NULL,
                        reason TEXT NOT NULL,
                        PRIMARY KEY (workspace, model, id)
                    ) {clustered}
                    """,
                    "CREATE INDEX version_transition_by_number ON version_transition (workspace, model, number, id)",
                    """
                    INSERT INTO version_transition (workspace, model, id, number, origin, destination, author, time, reason)
                    SELECT workspace, model, id, number, 'None', stage, 'system:migration', updated,
                        'It stood there before transitions were kept; since when is in the ledger.'
                    FROM model_version WHERE stage <> 'None'
                    """,
                ]),
            Migration(
                4, "versions of a model by run",
                [
                    "CREATE INDEX model_version_by_run_and_model ON model_version (workspace, run, model)",
                    "DROP INDEX model_version_by_run",
                ]),
            Migration(
                5, "versions by logged model",
                ["CREATE INDEX model_version_by_logged_model ON model_version (workspace, logged_model)"]),
        ])
}
