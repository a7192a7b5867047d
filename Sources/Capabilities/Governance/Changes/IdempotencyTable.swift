// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// First results of changes made with an `Idempotency-Key`, kept for 24 hours.
struct IdempotencyTable {
    let transaction: any Transaction

    /// The result kept for the same key and request; nil when the key is new or absent.
    ///
    /// - Throws: `Problem` `.rejected` when the key was used for another request.
    func result<Result: Decodable>(for permission: Permission, of caller: Caller) throws -> Result? {
        guard let idempotency = caller.idempotency else { return nil }
        let row = try transaction.row(
            "SELECT request_digest, result FROM idempotency_key WHERE principal = ? AND workspace = ? AND key = ? AND permission = ?",
            caller.principal.qualifiedName, caller.workspace, idempotency.key, permission.rawValue)
        guard let row else { return nil }
        let digest: String = try row["request_digest"]
        guard digest == idempotency.requestDigest else {
            throw Problem(
                .rejected, "request.idempotency-key.reused", "The Idempotency-Key was used before for another request.",
                why: "A key names one intended change.", fix: "Send a new key with each new request.")
        }
        let text: String = try row["result"]
        return try JSONDecoder().decode(Result.self, from: Data(text.utf8))
    }

    func keep(_ result: some Encodable, for permission: Permission, of caller: Caller, at time: Timestamp) throws {
        guard let idempotency = caller.idempotency else { return }
        let text = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
        try transaction.execute(
            "INSERT INTO idempotency_key (principal, workspace, key, permission, request_digest, result, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
            caller.principal.qualifiedName, caller.workspace, idempotency.key, permission.rawValue, idempotency.requestDigest, text, time)
    }
}
