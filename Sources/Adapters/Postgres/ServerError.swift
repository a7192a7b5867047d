// SPDX-License-Identifier: Apache-2.0

import CPostgres

/// An error as the server or libpq reports it; it never leaves the adapter.
struct ServerError: Error {
    /// Five characters, Postgres's appendix A.
    var sqlState: String
    /// The primary message, without the values that a detail may quote.
    var message: String
    /// The session is over.
    var isBroken: Bool

    init(sqlState: String, message: String, isBroken: Bool) {
        self.sqlState = sqlState
        self.message = message
        self.isBroken = isBroken
    }

    init(result: OpaquePointer, isBroken: Bool) {
        // The field codes of postgres_ext.h.
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        self.init(
            sqlState: field("C") ?? (isBroken ? "08006" : "XX000"), message: field("M") ?? String(cString: PQresultErrorMessage(result)),
            isBroken: isBroken)
    }

    /// serialization_failure, deadlock_detected
    var isConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Class 08 is connection exception, 57P01 to 57P03 are the server going down or coming up.
    var isConnectionLost: Bool { isBroken || sqlState.hasPrefix("08") || ["57P01", "57P02", "57P03"].contains(sqlState) }

    /// A prepared statement that another session's change of the schema, or a proxy between us and the server, has made useless.
    var isStaleStatement: Bool { sqlState == "26000" || (sqlState == "0A000" && message.contains("cached plan")) }
}
