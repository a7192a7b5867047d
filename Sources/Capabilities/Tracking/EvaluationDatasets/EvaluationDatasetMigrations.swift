// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Evaluation datasets, what they belong to, and their records.
package enum EvaluationDatasetMigrations {
    package static let list = MigrationList(
        "evaluation datasets", [Migration(1, "evaluation datasets and their records", datasets + facts + records)])

    private static let datasets = [
        """
        CREATE TABLE evaluation_dataset (
            id TEXT NOT NULL PRIMARY KEY,
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            schema TEXT,
            record_count BIGINT NOT NULL,
            created BIGINT NOT NULL,
            author TEXT NOT NULL,
            updated BIGINT NOT NULL,
            editor TEXT NOT NULL
        )
        """,
        "CREATE INDEX evaluation_dataset_by_creation ON evaluation_dataset (workspace, created DESC, id)",
        "CREATE INDEX evaluation_dataset_by_update ON evaluation_dataset (workspace, updated DESC, id)",
        "CREATE INDEX evaluation_dataset_by_name ON evaluation_dataset (workspace, name, id)",
    ]

    private static let facts = [
        """
        CREATE TABLE evaluation_dataset_tag (
            dataset TEXT NOT NULL REFERENCES evaluation_dataset (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (dataset, key)
        ) {clustered}
        """,
        """
        CREATE TABLE evaluation_dataset_experiment (
            dataset TEXT NOT NULL REFERENCES evaluation_dataset (id),
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            PRIMARY KEY (dataset, experiment)
        ) {clustered}
        """,
        "CREATE INDEX evaluation_dataset_by_experiment ON evaluation_dataset_experiment (experiment, dataset)",
    ]

    // Ids rise as records are made, so the primary key is the order of pages.
    private static let records = [
        """
        CREATE TABLE evaluation_record (
            dataset TEXT NOT NULL REFERENCES evaluation_dataset (id),
            id TEXT NOT NULL,
            input_digest TEXT NOT NULL,
            inputs TEXT NOT NULL,
            outputs TEXT,
            expectations TEXT,
            tags TEXT NOT NULL,
            source_kind TEXT CHECK (source_kind IN ('unspecified', 'trace', 'human', 'document', 'code')),
            source TEXT,
            size BIGINT NOT NULL,
            created BIGINT NOT NULL,
            author TEXT NOT NULL,
            updated BIGINT NOT NULL,
            editor TEXT NOT NULL,
            PRIMARY KEY (dataset, id),
            UNIQUE (dataset, input_digest)
        )
        """
    ]
}
