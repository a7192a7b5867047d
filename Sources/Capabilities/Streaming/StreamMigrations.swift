// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Streams, how far they are, what they have taken, and what they could not take.
package enum StreamMigrations {
    package static let list = MigrationList(
        "streams",
        [
            Migration(
                1, "streams, their positions and dead letters",
                [
                    """
                    CREATE TABLE stream (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        specification TEXT NOT NULL,
                        generation BIGINT NOT NULL,
                        author TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        changed BIGINT NOT NULL,
                        paused BIGINT,
                        PRIMARY KEY (workspace, name)
                    )
                    """,
                    """
                    CREATE TABLE stream_progress (
                        workspace TEXT NOT NULL,
                        stream TEXT NOT NULL,
                        owner TEXT,
                        lease_end BIGINT NOT NULL,
                        taken BIGINT NOT NULL,
                        repeated BIGINT NOT NULL,
                        refused BIGINT NOT NULL,
                        last_taken BIGINT,
                        error TEXT,
                        failed BIGINT,
                        PRIMARY KEY (workspace, stream)
                    )
                    """,
                    """
                    CREATE TABLE stream_position (
                        workspace TEXT NOT NULL,
                        stream TEXT NOT NULL,
                        part TEXT NOT NULL,
                        position TEXT NOT NULL,
                        moved BIGINT NOT NULL,
                        PRIMARY KEY (workspace, stream, part)
                    ){clustered}
                    """,
                    """
                    CREATE TABLE stream_event (
                        workspace TEXT NOT NULL,
                        stream TEXT NOT NULL,
                        event TEXT NOT NULL,
                        taken BIGINT NOT NULL,
                        PRIMARY KEY (workspace, stream, event)
                    ){clustered}
                    """,
                    "CREATE INDEX stream_event_by_time ON stream_event (taken)",
                    // When the label that holds was known, so that an older one that comes late does not replace it.
                    """
                    CREATE TABLE stream_label (
                        workspace TEXT NOT NULL,
                        endpoint TEXT NOT NULL,
                        prediction TEXT NOT NULL,
                        time BIGINT NOT NULL,
                        taken BIGINT NOT NULL,
                        PRIMARY KEY (workspace, endpoint, prediction)
                    ){clustered}
                    """,
                    "CREATE INDEX stream_label_by_time ON stream_label (taken)",
                    """
                    CREATE TABLE dead_letter (
                        id TEXT NOT NULL PRIMARY KEY,
                        workspace TEXT NOT NULL,
                        stream TEXT NOT NULL,
                        fingerprint TEXT NOT NULL,
                        place TEXT NOT NULL,
                        code TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        headers TEXT NOT NULL,
                        body BYTEA NOT NULL,
                        size BIGINT NOT NULL,
                        created BIGINT NOT NULL,
                        UNIQUE (workspace, stream, fingerprint)
                    )
                    """,
                    "CREATE INDEX dead_letter_by_stream ON dead_letter (workspace, stream, id)",
                    "CREATE INDEX dead_letter_by_time ON dead_letter (created)",
                ])
        ])
}
