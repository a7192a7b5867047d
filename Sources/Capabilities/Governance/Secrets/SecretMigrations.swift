// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Secrets, sealed.
package enum SecretMigrations {
    package static let list = MigrationList(
        "secrets",
        [
            Migration(
                1, "secrets",
                [
                    """
                    CREATE TABLE secret (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        sealed BYTEA NOT NULL,
                        sealed_by TEXT NOT NULL,
                        author TEXT NOT NULL,
                        updated BIGINT NOT NULL,
                        PRIMARY KEY (workspace, name)
                    )
                    """
                ])
        ])
}
