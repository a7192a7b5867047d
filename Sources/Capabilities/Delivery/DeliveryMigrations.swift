// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Gate reports, approvals, releases, rollouts, revisions and traffic splits.
package enum DeliveryMigrations {
    package static let list = MigrationList(
        "delivery",
        [
            Migration(1, "gates, approvals, releases, rollouts, traffic", reports + traffic + releases),
            Migration(2, "environments, declared endpoints, records of rollouts", environments + records),
            Migration(3, "releases that skipped their gates", emergencies),
            Migration(
                4, "releases in waves",
                [
                    """
                    CREATE TABLE rolling_release (
                        workspace TEXT NOT NULL,
                        id TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'completed')),
                        document TEXT NOT NULL,
                        PRIMARY KEY (workspace, id)
                    )
                    """,
                    "CREATE INDEX rolling_release_running ON rolling_release (id) WHERE state = 'running'",
                ]),
        ])

    private static let reports = [
        """
        CREATE TABLE gate_report (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            gate TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'inconclusive')),
            created BIGINT NOT NULL,
            digest TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (workspace, id)
        )
        """,
        "CREATE INDEX gate_report_by_version ON gate_report (workspace, model, version, gate, id)",
        "CREATE INDEX gate_report_by_model ON gate_report (workspace, model, id)",
        """
        CREATE TABLE approval (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            gate_report TEXT NOT NULL,
            gate_report_digest TEXT NOT NULL,
            requested_by TEXT NOT NULL,
            requested BIGINT NOT NULL,
            expires BIGINT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
            decided_by TEXT,
            decided BIGINT,
            comment TEXT,
            PRIMARY KEY (workspace, id),
            FOREIGN KEY (workspace, gate_report) REFERENCES gate_report (workspace, id),
            CHECK ((state = 'pending') = (decided_by IS NULL)),
            CHECK (decided_by IS NULL OR decided_by <> requested_by)
        )
        """,
        "CREATE INDEX approval_by_state ON approval (workspace, state, id)",
        "CREATE INDEX approval_by_endpoint ON approval (workspace, endpoint, id)",
    ]

    private static let traffic = [
        """
        CREATE TABLE revision (
            workspace TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            number BIGINT NOT NULL CHECK (number > 0),
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            release TEXT NOT NULL,
            created BIGINT NOT NULL,
            retired BIGINT,
            PRIMARY KEY (workspace, endpoint, number)
        )
        """,
        // Rows are never changed: the split of an endpoint is that of the version its traffic_state names.
        """
        CREATE TABLE traffic_split (
            workspace TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            version BIGINT NOT NULL CHECK (version > 0),
            revision BIGINT NOT NULL,
            percent BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 100),
            since BIGINT NOT NULL,
            PRIMARY KEY (workspace, endpoint, version, revision),
            FOREIGN KEY (workspace, endpoint, revision) REFERENCES revision (workspace, endpoint, number)
        ) {clustered}
        """,
        """
        CREATE TABLE traffic_state (
            workspace TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            version BIGINT NOT NULL,
            salt TEXT NOT NULL,
            changed BIGINT NOT NULL,
            PRIMARY KEY (workspace, endpoint)
        ) {clustered}
        """,
        "CREATE INDEX traffic_state_by_change ON traffic_state (changed)",
    ]

    private static let releases = [
        """
        CREATE TABLE release (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            revision BIGINT NOT NULL,
            rollout TEXT NOT NULL,
            gate_report TEXT NOT NULL,
            approval TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('started', 'completed', 'failed')),
            created_by TEXT NOT NULL,
            created BIGINT NOT NULL,
            finished BIGINT,
            PRIMARY KEY (workspace, id),
            UNIQUE (workspace, approval),
            UNIQUE (workspace, endpoint, revision),
            FOREIGN KEY (workspace, gate_report) REFERENCES gate_report (workspace, id),
            FOREIGN KEY (workspace, approval) REFERENCES approval (workspace, id),
            FOREIGN KEY (workspace, endpoint, revision) REFERENCES revision (workspace, endpoint, number)
        )
        """,
        "CREATE INDEX release_by_endpoint ON release (workspace, endpoint, id)",
        """
        CREATE TABLE rollout (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            release TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            candidate BIGINT NOT NULL,
            stable BIGINT,
            plan TEXT NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('progressing', 'paused', 'promoted', 'rolled-back', 'aborted', 'superseded')),
            step BIGINT NOT NULL CHECK (step >= 0),
            step_candidate_labelled BIGINT,
            step_stable_labelled BIGINT,
            evidence TEXT,
            started BIGINT NOT NULL,
            deadline BIGINT NOT NULL,
            finished BIGINT,
            reason TEXT,
            PRIMARY KEY (workspace, id),
            FOREIGN KEY (workspace, release) REFERENCES release (workspace, id),
            FOREIGN KEY (workspace, endpoint, candidate) REFERENCES revision (workspace, endpoint, number),
            FOREIGN KEY (workspace, endpoint, stable) REFERENCES revision (workspace, endpoint, number)
        )
        """,
        "CREATE INDEX rollout_by_endpoint ON rollout (workspace, endpoint, id)",
        "CREATE UNIQUE INDEX rollout_active ON rollout (workspace, endpoint) WHERE phase IN ('progressing', 'paused')",
        "CREATE INDEX rollout_by_deadline ON rollout (deadline) WHERE phase = 'progressing'",
    ]

    private static let environments = [
        """
        CREATE TABLE environment (
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            document TEXT NOT NULL,
            created BIGINT NOT NULL,
            changed BIGINT NOT NULL,
            frozen_by TEXT,
            frozen_since BIGINT,
            frozen_reason TEXT,
            PRIMARY KEY (workspace, name),
            CHECK ((frozen_by IS NULL) = (frozen_since IS NULL)),
            CHECK ((frozen_by IS NULL) = (frozen_reason IS NULL))
        )
        """,
        """
        CREATE TABLE declared_endpoint (
            workspace TEXT NOT NULL,
            name TEXT NOT NULL,
            environment TEXT NOT NULL,
            document TEXT NOT NULL,
            changed BIGINT NOT NULL,
            PRIMARY KEY (workspace, name),
            FOREIGN KEY (workspace, environment) REFERENCES environment (workspace, name)
        )
        """,
        "CREATE INDEX declared_endpoint_by_environment ON declared_endpoint (workspace, environment, name)",
    ]

    private static let records = [
        "ALTER TABLE rollout ADD COLUMN position TEXT",
        "ALTER TABLE rollout ADD COLUMN warm_until BIGINT",
        "CREATE INDEX rollout_warm ON rollout (warm_until) WHERE warm_until IS NOT NULL",
        """
        CREATE TABLE rollout_record (
            workspace TEXT NOT NULL,
            rollout TEXT NOT NULL,
            number BIGINT NOT NULL CHECK (number > 0),
            entry TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (workspace, rollout, number),
            FOREIGN KEY (workspace, rollout) REFERENCES rollout (workspace, id)
        )
        """,
    ]

    private static let emergencies = [
        """
        CREATE TABLE emergency (
            workspace TEXT NOT NULL,
            report TEXT NOT NULL,
            approval TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            reason TEXT NOT NULL,
            asked_by TEXT NOT NULL,
            asked BIGINT NOT NULL,
            release TEXT,
            opened BIGINT,
            closed BIGINT,
            closed_by TEXT,
            note TEXT,
            PRIMARY KEY (workspace, report),
            FOREIGN KEY (workspace, report) REFERENCES gate_report (workspace, id),
            FOREIGN KEY (workspace, approval) REFERENCES approval (workspace, id),
            CHECK ((release IS NULL) = (opened IS NULL)),
            CHECK ((closed IS NULL) = (closed_by IS NULL)),
            CHECK (closed_by IS NULL OR closed_by <> asked_by)
        )
        """,
        "CREATE INDEX emergency_by_release ON emergency (workspace, release) WHERE release IS NOT NULL",
    ]
}
