// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Kinds of triggers, events that wait, files seen, backfills. Applied after the pipelines' own.
package enum TriggersMigrations {
    package static let list = MigrationList(
        "triggers",
        [
            Migration(
                1, "kinds of triggers, waiting events, files, backfills",
                [
                    "ALTER TABLE pipeline_trigger ADD COLUMN specification TEXT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN kind TEXT NOT NULL DEFAULT 'event'",
                    "ALTER TABLE pipeline_trigger ADD COLUMN generation BIGINT NOT NULL DEFAULT 1",
                    "ALTER TABLE pipeline_trigger ADD COLUMN paused BIGINT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN considered BIGINT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN next_due BIGINT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN last_started BIGINT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN pending_since BIGINT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN waiting TEXT",
                    "ALTER TABLE pipeline_trigger ADD COLUMN next_look BIGINT",
                    "ALTER TABLE trigger_firing ADD COLUMN state TEXT NOT NULL DEFAULT 'done'",
                    "ALTER TABLE trigger_firing ADD COLUMN reason TEXT",
                    "ALTER TABLE trigger_firing ADD COLUMN subject TEXT",
                    "ALTER TABLE trigger_firing ADD COLUMN event_key TEXT",
                    "ALTER TABLE trigger_firing ADD COLUMN parameters TEXT",
                    "ALTER TABLE trigger_firing ADD COLUMN depth BIGINT NOT NULL DEFAULT 0",
                    "ALTER TABLE trigger_firing ADD COLUMN decided BIGINT",
                    "CREATE INDEX trigger_firing_pending ON trigger_firing (workspace, name, time) WHERE state = 'pending'",
                    "CREATE INDEX trigger_firing_by_time ON trigger_firing (workspace, name, time)",
                    "CREATE INDEX trigger_firing_by_execution ON trigger_firing (workspace, execution) WHERE execution IS NOT NULL",
                    "CREATE INDEX execution_open_by_pipeline ON execution (workspace, pipeline) WHERE ended IS NULL",
                    """
                    CREATE TABLE trigger_key (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        event_key TEXT NOT NULL,
                        execution TEXT NOT NULL,
                        time BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name, event_key)
                    )
                    """,
                    """
                    CREATE TABLE trigger_file (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        path TEXT NOT NULL,
                        mark TEXT NOT NULL,
                        seen BIGINT NOT NULL,
                        is_settled BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name, path)
                    )
                    """,
                    """
                    CREATE TABLE backfill (
                        workspace TEXT NOT NULL,
                        id TEXT NOT NULL,
                        pipeline TEXT NOT NULL,
                        parameter TEXT NOT NULL,
                        parameters TEXT NOT NULL,
                        digest TEXT NOT NULL,
                        concurrency BIGINT NOT NULL,
                        state TEXT NOT NULL,
                        author TEXT NOT NULL,
                        author_kind TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        ended BIGINT,
                        PRIMARY KEY (id)
                    )
                    """,
                    "CREATE INDEX backfill_by_workspace ON backfill (workspace, id)",
                    "CREATE UNIQUE INDEX backfill_open ON backfill (workspace, digest) WHERE ended IS NULL",
                    """
                    CREATE TABLE backfill_partition (
                        backfill TEXT NOT NULL REFERENCES backfill (id),
                        position BIGINT NOT NULL,
                        value TEXT NOT NULL,
                        partition_key TEXT NOT NULL,
                        state TEXT NOT NULL,
                        execution TEXT,
                        detail TEXT,
                        PRIMARY KEY (backfill, position)
                    )
                    """,
                    "CREATE INDEX backfill_partition_by_key ON backfill_partition (partition_key)",
                    "CREATE INDEX backfill_partition_open ON backfill_partition (backfill, state, position)",
                ])
        ])
}
