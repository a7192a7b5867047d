// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Incidents with severity, owner and timeline, and what the rules that open them have seen. Begins from the table that
/// `MonitoringMigrations` made, whose rows stay.
package enum IncidentMigrations {
    package static let list = MigrationList(
        "incidents", [Migration(1, "incidents of every rule, their timelines, windows of rules", incidents + timeline + rules)])

    /// A check of the old table names the one kind there was, so the table is made anew. Standards let a server of before insert.
    private static let incidents = [
        """
        CREATE TABLE incident_of_rule (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            monitor TEXT NOT NULL,
            kind TEXT NOT NULL,
            severity TEXT NOT NULL DEFAULT 'critical' CHECK (severity IN ('info', 'warning', 'critical')),
            rule TEXT NOT NULL DEFAULT 'data-fault',
            version BIGINT NOT NULL DEFAULT 0,
            segment TEXT NOT NULL DEFAULT '',
            summary TEXT NOT NULL,
            owner TEXT,
            window_start BIGINT NOT NULL,
            window_end BIGINT NOT NULL,
            last_seen BIGINT NOT NULL DEFAULT 0,
            seen_count BIGINT NOT NULL DEFAULT 1,
            evaluation TEXT,
            opened BIGINT NOT NULL,
            reopened_count BIGINT NOT NULL DEFAULT 0,
            acknowledged BIGINT,
            acknowledged_by TEXT,
            snoozed_until BIGINT,
            closed BIGINT,
            closed_by TEXT,
            resolution TEXT CHECK (resolution IN ('repaired', 'accepted', 'false-alarm', 'recovered', 'withdrawn')),
            note TEXT,
            PRIMARY KEY (workspace, id),
            CHECK ((closed IS NULL) = (closed_by IS NULL))
        )
        """,
        """
        INSERT INTO incident_of_rule (
            workspace, id, endpoint, monitor, kind, summary, window_start, window_end, last_seen, evaluation, opened, closed, closed_by,
            resolution, note)
        SELECT workspace, id, endpoint, monitor, kind, summary, window_start, window_end, window_end, evaluation, opened, closed, closed_by,
            resolution, note FROM incident
        """,
        "DROP TABLE incident",
        "ALTER TABLE incident_of_rule RENAME TO incident",
        "CREATE UNIQUE INDEX incident_open ON incident (workspace, endpoint, monitor, rule, version, segment) WHERE closed IS NULL",
        "CREATE INDEX incident_by_monitor ON incident (workspace, monitor, window_start)",
        "CREATE INDEX incident_snoozed ON incident (snoozed_until) WHERE snoozed_until IS NOT NULL AND closed IS NULL",
    ]

    private static let timeline = [
        """
        CREATE TABLE incident_entry (
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            incident TEXT NOT NULL,
            time BIGINT NOT NULL,
            actor TEXT NOT NULL,
            act TEXT NOT NULL,
            note TEXT,
            detail TEXT,
            PRIMARY KEY (workspace, id),
            FOREIGN KEY (workspace, incident) REFERENCES incident (workspace, id)
        )
        """,
        "CREATE INDEX incident_entry_by_incident ON incident_entry (workspace, incident, id)",
    ]

    private static let rules = [
        """
        CREATE TABLE rule_window (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            rule TEXT NOT NULL,
            version BIGINT NOT NULL,
            segment TEXT NOT NULL,
            window_end BIGINT NOT NULL,
            window_start BIGINT NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('clean', 'near', 'breach')),
            level DOUBLE PRECISION,
            evaluation TEXT NOT NULL,
            PRIMARY KEY (workspace, monitor, rule, version, segment, window_end, window_start)
        ){clustered}
        """,
        """
        CREATE TABLE monitor_progress (
            workspace TEXT NOT NULL,
            monitor TEXT NOT NULL,
            next_start BIGINT NOT NULL,
            PRIMARY KEY (workspace, monitor)
        )
        """,
    ]
}
