// SPDX-License-Identifier: Apache-2.0

package import Backends

/// What was brought over from elsewhere, and how far that has come.
package enum ImportMigrations {
    package static let list = MigrationList(
        "imports",
        [
            Migration(
                1, "imports and what came with them",
                [
                    """
                    CREATE TABLE import (
                        id TEXT NOT NULL PRIMARY KEY,
                        workspace TEXT NOT NULL,
                        source TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
                        position TEXT,
                        begun BIGINT NOT NULL,
                        updated BIGINT NOT NULL,
                        UNIQUE (workspace, source)
                    )
                    """,
                    """
                    CREATE TABLE imported (
                        import TEXT NOT NULL REFERENCES import (id),
                        kind TEXT NOT NULL CHECK (kind IN ('experiment', 'run', 'logged-model', 'model', 'version')),
                        origin TEXT NOT NULL,
                        target TEXT NOT NULL,
                        PRIMARY KEY (import, kind, origin)
                    ) {clustered}
                    """,
                ])
        ])
}
