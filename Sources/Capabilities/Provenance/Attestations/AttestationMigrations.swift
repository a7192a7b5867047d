// SPDX-License-Identifier: Apache-2.0

package import Backends

package enum AttestationMigrations {
    package static let list = MigrationList(
        "attestations",
        [
            Migration(
                1, "attestations of versions",
                [
                    // No foreign keys: what was attested outlives the version.
                    """
                    CREATE TABLE attestation (
                        workspace TEXT NOT NULL,
                        version TEXT NOT NULL,
                        predicate_type TEXT NOT NULL,
                        envelope TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        PRIMARY KEY (workspace, version, predicate_type)
                    ) {clustered}
                    """
                ])
        ])
}
