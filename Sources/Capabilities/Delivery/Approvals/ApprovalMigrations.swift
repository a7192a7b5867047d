// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Who is asked, what each of several people said, and links sent to them.
package enum ApprovalMigrations {
    package static let list = MigrationList(
        "approvals",
        [
            Migration(
                1, "approvals by several people",
                [
                    "ALTER TABLE approval ADD COLUMN rule TEXT",
                    "ALTER TABLE approval ADD COLUMN withdrawn BIGINT",
                    "ALTER TABLE approval ADD COLUMN withdrawn_by TEXT",
                    "ALTER TABLE approval ADD COLUMN next_reminder BIGINT",
                    "ALTER TABLE approval ADD COLUMN expiry_told BIGINT",
                    "CREATE INDEX approval_open ON approval (expires) WHERE state = 'pending'",
                    """
                    CREATE TABLE approval_decision (
                        workspace TEXT NOT NULL,
                        approval TEXT NOT NULL,
                        principal TEXT NOT NULL,
                        decision TEXT NOT NULL CHECK (decision IN ('approve', 'reject')),
                        comment TEXT NOT NULL,
                        decided BIGINT NOT NULL,
                        entry TEXT NOT NULL,
                        link TEXT,
                        PRIMARY KEY (workspace, approval, principal),
                        FOREIGN KEY (workspace, approval) REFERENCES approval (workspace, id)
                    )
                    """,
                    """
                    CREATE TABLE approval_link (
                        workspace TEXT NOT NULL,
                        id TEXT NOT NULL,
                        approval TEXT NOT NULL,
                        principal TEXT NOT NULL,
                        created_by TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        expires BIGINT NOT NULL,
                        used BIGINT,
                        PRIMARY KEY (workspace, id),
                        FOREIGN KEY (workspace, approval) REFERENCES approval (workspace, id)
                    )
                    """,
                ])
        ])
}
