// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Declared quality gates.
package enum GateMigrations {
    package static let list = MigrationList(
        "gates",
        [
            Migration(
                1, "declared gates",
                [
                    """
                    CREATE TABLE quality_gate (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        revision BIGINT NOT NULL CHECK (revision > 0),
                        document TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        changed BIGINT NOT NULL,
                        deleted BIGINT,
                        PRIMARY KEY (workspace, name)
                    )
                    """
                ])
        ])
}
