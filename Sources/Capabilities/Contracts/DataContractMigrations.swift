// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Data contracts and what their checks found.
package enum DataContractMigrations {
    package static let list = MigrationList(
        "data contracts",
        [
            Migration(
                1, "data contracts and their reports",
                [
                    // Its revision goes on when it is declared again.
                    """
                    CREATE TABLE data_contract (
                        workspace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        revision BIGINT NOT NULL CHECK (revision > 0),
                        document TEXT NOT NULL,
                        created BIGINT NOT NULL,
                        changed BIGINT NOT NULL,
                        deleted BIGINT,
                        PRIMARY KEY (workspace, name)
                    )
                    """,
                    """
                    CREATE TABLE contract_report (
                        workspace TEXT NOT NULL,
                        id TEXT NOT NULL,
                        contract TEXT NOT NULL,
                        revision BIGINT NOT NULL,
                        snapshot TEXT NOT NULL,
                        outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'inconclusive')),
                        created BIGINT NOT NULL,
                        document TEXT NOT NULL,
                        PRIMARY KEY (workspace, id),
                        FOREIGN KEY (workspace, contract) REFERENCES data_contract (workspace, name),
                        FOREIGN KEY (workspace, snapshot) REFERENCES snapshot (workspace, id)
                    )
                    """,
                    "CREATE INDEX contract_report_by_snapshot ON contract_report (workspace, snapshot, contract, id)",
                    "CREATE INDEX contract_report_by_contract ON contract_report (workspace, contract, id)",
                ])
        ])
}
