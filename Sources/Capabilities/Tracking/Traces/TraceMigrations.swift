// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Traces, their spans and what was said of them.
///
/// A trace's id is its program's and unique in its workspace only, so the rows of a trace are kept under a key of our own. Links are
/// kept by the id: a trace may be linked before it arrives.
package enum TraceMigrations {
    package static let list = MigrationList(
        "traces",
        [
            Migration(1, "traces and spans", traces + facts + spans),
            Migration(2, "assessments", assessments),
            Migration(3, "numbers to aggregate", numbers),
        ])

    private static let traces = [
        """
        CREATE TABLE trace (
            key TEXT NOT NULL PRIMARY KEY,
            workspace TEXT NOT NULL,
            id TEXT NOT NULL,
            experiment BIGINT NOT NULL REFERENCES experiment (id),
            state TEXT NOT NULL,
            started BIGINT NOT NULL,
            duration BIGINT,
            ended BIGINT NOT NULL,
            name TEXT,
            client_request_id TEXT,
            request TEXT,
            response TEXT,
            location TEXT NOT NULL,
            is_final BIGINT NOT NULL,
            span_count BIGINT NOT NULL,
            span_bytes BIGINT NOT NULL,
            lifecycle TEXT NOT NULL CHECK (lifecycle IN ('active', 'deleted')),
            UNIQUE (workspace, id)
        )
        """,
        "CREATE INDEX trace_by_start ON trace (workspace, experiment, lifecycle, started DESC, id)",
        "CREATE INDEX trace_by_duration ON trace (workspace, experiment, lifecycle, duration)",
        "CREATE INDEX trace_by_client_request ON trace (workspace, client_request_id)",
    ]

    private static let facts = [
        """
        CREATE TABLE trace_tag (
            trace TEXT NOT NULL REFERENCES trace (key),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (trace, key)
        ) {clustered}
        """,
        """
        CREATE TABLE trace_metadata (
            trace TEXT NOT NULL REFERENCES trace (key),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (trace, key)
        ) {clustered}
        """,
        """
        CREATE TABLE trace_link (
            workspace TEXT NOT NULL,
            trace TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('run', 'prompt')),
            target TEXT NOT NULL,
            PRIMARY KEY (workspace, trace, kind, target)
        ) {clustered}
        """,
        "CREATE INDEX trace_link_by_target ON trace_link (workspace, kind, target, trace)",
    ]

    private static let spans = [
        """
        CREATE TABLE trace_span (
            trace TEXT NOT NULL REFERENCES trace (key),
            id TEXT NOT NULL,
            parent TEXT,
            name TEXT NOT NULL,
            type TEXT,
            kind BIGINT NOT NULL,
            status TEXT NOT NULL,
            message TEXT NOT NULL,
            started BIGINT NOT NULL,
            ended BIGINT,
            content TEXT NOT NULL,
            size BIGINT NOT NULL,
            PRIMARY KEY (trace, id)
        ) {clustered}
        """,
        // The beginnings of attributes, for searches; the whole of them is in the span's content.
        """
        CREATE TABLE trace_span_attribute (
            trace TEXT NOT NULL,
            span TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (trace, span, key),
            FOREIGN KEY (trace, span) REFERENCES trace_span (trace, id)
        ) {clustered}
        """,
    ]

    private static let numbers = [
        // Of the whole trace where the span is ''.
        """
        CREATE TABLE trace_number (
            trace TEXT NOT NULL REFERENCES trace (key),
            span TEXT NOT NULL,
            key TEXT NOT NULL,
            number DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (trace, span, key)
        ) {clustered}
        """,
        "ALTER TABLE trace_assessment ADD COLUMN score DOUBLE PRECISION",
        "ALTER TABLE trace_assessment ADD COLUMN json TEXT",
        """
        UPDATE trace_assessment SET score = CASE WHEN number IS NOT NULL THEN number WHEN LOWER(TRIM(value)) = 'yes' THEN 1
        WHEN LOWER(TRIM(value)) = 'no' THEN 0 WHEN value = 'true' THEN 1 WHEN value = 'false' THEN 0 END,
        json = CASE WHEN number IS NOT NULL OR value IN ('true', 'false', 'null') OR value LIKE '[%' OR value LIKE '{%' THEN value
        ELSE '"' || REPLACE(value, '"', '\\"') || '"' END
        """,
    ]

    private static let assessments = [
        """
        CREATE TABLE trace_assessment (
            trace TEXT NOT NULL REFERENCES trace (key),
            id TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('feedback', 'expectation')),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            number DOUBLE PRECISION,
            content TEXT NOT NULL,
            overrides TEXT,
            is_valid BIGINT NOT NULL,
            created BIGINT NOT NULL,
            updated BIGINT NOT NULL,
            PRIMARY KEY (trace, id)
        ) {clustered}
        """,
        "CREATE INDEX trace_assessment_by_key ON trace_assessment (trace, kind, key)",
    ]
}
