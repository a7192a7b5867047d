// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Signed statements by the version that they are about.
struct AttestationTable {
    let transaction: any Transaction
    let workspace: String

    /// - Returns: False when there is one already, which stays.
    func insert(_ envelope: String, of version: String, _ predicateType: String, at time: Timestamp) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO attestation (workspace, version, predicate_type, envelope, created) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workspace, version, predicate_type) DO NOTHING
            """, workspace, version, predicateType, envelope, time) > 0
    }

    func find(_ version: String, _ predicateType: String) throws -> String? {
        try transaction.row(
            "SELECT envelope FROM attestation WHERE workspace = ? AND version = ? AND predicate_type = ?", workspace, version,
            predicateType)?["envelope"]
    }
}
