// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Pipelines, their executions and what starts them.
package enum PipelinesMigrations {
    package static let list = MigrationList(
        "pipelines",
        [
            Migration(
                1, "pipelines, executions, cache, triggers",
                [
                    """
                    CREATE TABLE pipeline_version (
                        workspace TEXT NOT NULL,
                        pipeline TEXT NOT NULL,
                        version BIGINT NOT NULL,
                        digest TEXT NOT NULL,
                        document TEXT NOT NULL,
                        sources TEXT NOT NULL,
                        code_commit TEXT,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (workspace, pipeline, version)
                    )
                    """,
                    """
                    CREATE TABLE execution (
                        workspace TEXT NOT NULL,
                        id TEXT NOT NULL,
                        pipeline TEXT NOT NULL,
                        pipeline_version BIGINT NOT NULL,
                        parameters TEXT NOT NULL,
                        state TEXT NOT NULL,
                        status TEXT NOT NULL,
                        started_by TEXT NOT NULL,
                        started_by_kind TEXT NOT NULL,
                        cause TEXT,
                        created BIGINT NOT NULL,
                        ended BIGINT,
                        lease_owner TEXT,
                        lease_until BIGINT NOT NULL,
                        fence BIGINT NOT NULL,
                        PRIMARY KEY (id)
                    )
                    """,
                    "CREATE INDEX execution_by_pipeline ON execution (workspace, pipeline, id)",
                    "CREATE INDEX execution_open ON execution (lease_until) WHERE ended IS NULL",
                    """
                    CREATE TABLE attempt (
                        execution TEXT NOT NULL REFERENCES execution (id),
                        step TEXT NOT NULL,
                        number BIGINT NOT NULL,
                        started BIGINT NOT NULL,
                        ended BIGINT,
                        outcome TEXT,
                        detail TEXT,
                        log TEXT,
                        PRIMARY KEY (execution, step, number)
                    )
                    """,
                    """
                    CREATE TABLE step_result (
                        execution TEXT NOT NULL REFERENCES execution (id),
                        step TEXT NOT NULL,
                        outputs TEXT NOT NULL,
                        step_key TEXT,
                        reused_from TEXT,
                        PRIMARY KEY (execution, step)
                    )
                    """,
                    """
                    CREATE TABLE step_cache (
                        workspace TEXT NOT NULL,
                        step_key TEXT NOT NULL,
                        execution TEXT NOT NULL,
                        step TEXT NOT NULL,
                        outputs TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (workspace, step_key)
                    )
                    """,
                    """
                    CREATE TABLE pipeline_trigger (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        verb TEXT NOT NULL,
                        resource TEXT,
                        pipeline TEXT NOT NULL,
                        parameters TEXT NOT NULL,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name)
                    )
                    """,
                    """
                    CREATE TABLE trigger_firing (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        entry TEXT NOT NULL,
                        execution TEXT,
                        blocked TEXT,
                        time BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name, entry)
                    )
                    """,
                ]),
            Migration(
                2, "a row per unit of an execution",
                [
                    // What was under way under the old form begins again.
                    "ALTER TABLE execution DROP COLUMN state",
                    "ALTER TABLE execution ADD COLUMN flags BIGINT NOT NULL DEFAULT 0",
                    "ALTER TABLE execution ADD COLUMN wants_cancel BIGINT NOT NULL DEFAULT 0",
                    "ALTER TABLE execution ADD COLUMN wants_pause BIGINT NOT NULL DEFAULT 0",
                    "ALTER TABLE execution ADD COLUMN queued BIGINT NOT NULL DEFAULT 0",
                    "ALTER TABLE execution ADD COLUMN resumes TEXT",
                    "ALTER TABLE execution ADD COLUMN deadline BIGINT",
                    "ALTER TABLE execution ADD COLUMN called_by TEXT",
                    "ALTER TABLE execution ADD COLUMN depth BIGINT NOT NULL DEFAULT 0",
                    "CREATE UNIQUE INDEX execution_called_by ON execution (called_by) WHERE called_by IS NOT NULL",
                    "ALTER TABLE execution ADD COLUMN time_left BIGINT",
                    "CREATE INDEX execution_open_of_pipeline ON execution (workspace, pipeline, id) WHERE ended IS NULL",
                    "ALTER TABLE attempt ADD COLUMN worker TEXT",
                    "ALTER TABLE attempt ADD COLUMN step_key TEXT",
                    "ALTER TABLE attempt ADD COLUMN checkpoint TEXT",
                    "UPDATE attempt SET log = NULL",
                    "ALTER TABLE step_cache ADD COLUMN pipeline TEXT",
                    "ALTER TABLE step_cache ADD COLUMN parts TEXT",
                    "CREATE INDEX step_cache_by_step ON step_cache (workspace, pipeline, step, created)",
                    """
                    CREATE TABLE execution_unit (
                        execution TEXT NOT NULL REFERENCES execution (id),
                        unit TEXT NOT NULL,
                        state TEXT NOT NULL,
                        attempts BIGINT NOT NULL,
                        failures BIGINT NOT NULL,
                        losses BIGINT NOT NULL,
                        questions BIGINT NOT NULL,
                        PRIMARY KEY (execution, unit)
                    )
                    """,
                    """
                    CREATE TABLE execution_list (
                        execution TEXT NOT NULL REFERENCES execution (id),
                        step TEXT NOT NULL,
                        items TEXT NOT NULL,
                        PRIMARY KEY (execution, step)
                    )
                    """,
                ]),
        ])
}
