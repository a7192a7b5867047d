// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Whole rows of baselines, for rules about several columns together.
package enum ReferenceMigrations {
    package static let list = MigrationList(
        "monitoring-references",
        [
            Migration(
                1, "rows of baselines",
                [
                    """
                    CREATE TABLE baseline_row_sample (
                        workspace TEXT NOT NULL,
                        monitor TEXT NOT NULL,
                        model TEXT NOT NULL,
                        version BIGINT NOT NULL,
                        document TEXT NOT NULL,
                        PRIMARY KEY (workspace, monitor, model, version),
                        FOREIGN KEY (workspace, monitor, model, version) REFERENCES baseline (workspace, monitor, model, version)
                    )
                    """
                ])
        ])
}
