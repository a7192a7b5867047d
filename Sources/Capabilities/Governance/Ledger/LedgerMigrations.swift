// SPDX-License-Identifier: Apache-2.0

package import Backends

/// The ledger's tables. An entry's canonical bytes are derived from its columns and stand nowhere else.
package enum LedgerMigrations {
    package static let list = MigrationList(
        "ledger",
        [
            Migration(
                1, "entries, tree, checkpoints",
                [
                    // `seq` is the index in the tree, from 0; null until the sequencer has come by.
                    """
                    CREATE TABLE ledger_entry (
                        id TEXT NOT NULL PRIMARY KEY,
                        seq BIGINT CHECK (seq >= 0),
                        time BIGINT NOT NULL,
                        actor TEXT NOT NULL,
                        on_behalf_of TEXT,
                        verb TEXT NOT NULL,
                        resource TEXT NOT NULL,
                        workspace TEXT NOT NULL,
                        outcome TEXT NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
                        decision TEXT,
                        request_id TEXT,
                        payload TEXT NOT NULL,
                        leaf_hash BYTEA NOT NULL
                    )
                    """,
                    // An append touches the first of these alone, numbering the others.
                    "CREATE INDEX ledger_entry_unsequenced ON ledger_entry (id) WHERE seq IS NULL",
                    "CREATE UNIQUE INDEX ledger_entry_by_seq ON ledger_entry (seq) WHERE seq IS NOT NULL",
                    "CREATE INDEX ledger_entry_by_resource ON ledger_entry (resource, seq) WHERE seq IS NOT NULL",
                    "CREATE INDEX ledger_entry_by_workspace ON ledger_entry (workspace, seq) WHERE seq IS NOT NULL",
                    "CREATE INDEX ledger_entry_by_actor ON ledger_entry (actor, seq) WHERE seq IS NOT NULL",
                    // One row: the right edge of the tree.
                    "CREATE TABLE ledger_state (id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), size BIGINT NOT NULL, hashes BYTEA NOT NULL)",
                    // Up to 256 hashes of 32 bytes each, as C2SP tlog-tiles numbers them.
                    "CREATE TABLE ledger_tile (level BIGINT NOT NULL, tile BIGINT NOT NULL, hashes BYTEA NOT NULL, PRIMARY KEY (level, tile))",
                    "CREATE TABLE ledger_checkpoint (size BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, note TEXT NOT NULL)",
                ])
        ])
}
