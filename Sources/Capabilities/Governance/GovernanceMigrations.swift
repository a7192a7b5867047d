// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Principals, tokens, bindings and idempotency keys. The ledger keeps its own list.
package enum GovernanceMigrations {
    package static let list = MigrationList(
        "governance",
        [
            Migration(
                1, "principals, tokens, bindings, idempotency keys, listeners",
                [
                    """
                    CREATE TABLE principal (
                        name TEXT NOT NULL PRIMARY KEY,
                        kind TEXT NOT NULL CHECK (kind IN ('user', 'service')),
                        created BIGINT NOT NULL
                    )
                    """,
                    """
                    CREATE TABLE access_token (
                        id TEXT NOT NULL PRIMARY KEY,
                        principal TEXT NOT NULL REFERENCES principal (name),
                        digest TEXT NOT NULL UNIQUE,
                        note TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        expires BIGINT,
                        revoked BIGINT
                    )
                    """,
                    "CREATE INDEX access_token_by_principal ON access_token (principal)",
                    """
                    CREATE TABLE binding (
                        principal TEXT NOT NULL REFERENCES principal (name),
                        workspace TEXT NOT NULL,
                        role TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (principal, workspace, role)
                    )
                    """,
                    """
                    CREATE TABLE idempotency_key (
                        principal TEXT NOT NULL,
                        workspace TEXT NOT NULL,
                        key TEXT NOT NULL,
                        permission TEXT NOT NULL,
                        request_digest TEXT NOT NULL,
                        result TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (principal, workspace, key, permission)
                    )
                    """,
                    "CREATE INDEX idempotency_key_by_age ON idempotency_key (created)",
                    "CREATE TABLE consumer_position (name TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)",
                ]),
            Migration(
                2, "tokens that are valid, by principal and note",
                ["CREATE INDEX access_token_valid ON access_token (principal, note) WHERE revoked IS NULL"]),
        ])
}
