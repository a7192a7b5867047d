// SPDX-License-Identifier: Apache-2.0

import Backends
import Governance

/// Every capability's migrations, earlier layers first.
enum Schema {
    static let migrations: [MigrationList] = [
        BlobMigrations.list, GovernanceMigrations.list, LedgerMigrations.list,
    ]
}
