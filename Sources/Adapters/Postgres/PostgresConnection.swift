// SPDX-License-Identifier: Apache-2.0

import Backends
import CPostgres
import Dispatch
import Domain

/// One session with the server and the statements prepared in it.
///
/// Unchecked: the state is touched only on `queue`, one block at a time. What runs there comes through `onOwnThread`; before (while it is
/// opened) and after (`deinit`) no one else has a reference. `isUsable` is also read by the pool, between two such blocks.
final class PostgresConnection: @unchecked Sendable {
    /// False once the session must not be used again.
    var isUsable = true
    private let handle: OpaquePointer
    private let queue: DispatchQueue
    private var statements: [String: String] = [:]
    /// The result whose rows are still coming in.
    private var current: RowStream?

    /// Statements kept prepared; beyond them the session begins anew.
    private static let statementLimit = 1000

    private init(handle: OpaquePointer, queue: DispatchQueue) {
        self.handle = handle
        self.queue = queue
    }

    deinit {
        PQfinish(handle)
    }

    /// - Throws: `Problem` `.invalid`; libpq's own message may quote the password, so it is left out.
    static func check(url: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(url, &message)
        PQfreemem(message)
        guard let options else {
            throw Problem(
                .invalid, "database.postgres.url", "The URL of the Postgres database cannot be read.",
                fix: "Write it as postgres://user:password@host:5432/database, with special characters percent-encoded.")
        }
        PQconninfoFree(options)
    }

    static func open(url: String, translation: ErrorTranslation) async throws -> PostgresConnection {
        let queue = DispatchQueue(label: "dhow.postgres")
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try connect(url: url, queue: queue, translation: translation) })
            }
        }
    }

    /// Runs blocking work off Swift's cooperative threads.
    func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    /// Runs SQL without arguments, perhaps several statements.
    ///
    /// - Returns: The last command's tag, such as `COMMIT`.
    @discardableResult
    func control(_ sql: String) throws -> String {
        try current?.keepRest()
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        try check(result)
        return String(cString: PQcmdStatus(result))
    }

    /// - Returns: The number of rows changed.
    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int {
        try current?.keepRest()
        let arguments = try ArgumentList(values)
        let name = try prepare(sql)
        let result = arguments.withPointers { PQexecPrepared(handle, name, arguments.count, $0, $1, $2, 1) }
        defer { PQclear(result) }
        try check(result)
        // Rows that were only selected are not changed.
        let command = String(cString: PQcmdStatus(result))
        return command.hasPrefix("SELECT") ? 0 : Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws {
        try current?.keepRest()
        let arguments = try ArgumentList(values)
        let name = try prepare(sql)
        let isSent = arguments.withPointers { PQsendQueryPrepared(handle, name, arguments.count, $0, $1, $2, 1) }
        guard isSent == 1 else { throw connectionError() }
        PQsetSingleRowMode(handle)
        let stream = RowStream(next: { [handle] in PQgetResult(handle) }, check: { try self.check($0) })
        let outer = current
        current = stream
        defer { current = outer }
        do {
            while let row = try stream.nextRow() { try body(row) }
        } catch {
            try stream.discardRest()
            throw error
        }
    }

    func forgetStatements() {
        do {
            try control("DEALLOCATE ALL")
            statements = [:]
        } catch { isUsable = false }
    }

    private func prepare(_ sql: String) throws -> String {
        if let name = statements[sql] { return name }
        if statements.count >= Self.statementLimit {
            try control("DEALLOCATE ALL")
            statements = [:]
        }
        let name = "dhow_\(statements.count)"
        let result = PQprepare(handle, name, Placeholders.numbered(sql), 0, nil)
        defer { PQclear(result) }
        try check(result)
        statements[sql] = name
        return name
    }

    private func check(_ result: OpaquePointer?) throws {
        guard let result else { throw connectionError() }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY: return
        default:
            let isLost = PQstatus(handle) == CONNECTION_BAD
            if isLost { isUsable = false }
            throw ServerError(result: result, isBroken: isLost)
        }
    }

    private func connectionError() -> ServerError {
        let isLost = PQstatus(handle) == CONNECTION_BAD
        isUsable = false
        return ServerError(sqlState: isLost ? "08006" : "XX000", message: String(cString: PQerrorMessage(handle)), isBroken: isLost)
    }

    private static func connect(url: String, queue: DispatchQueue, translation: ErrorTranslation) throws -> PostgresConnection {
        // What stands before the URL can be changed by it; what stands after it cannot.
        let parameters = [("connect_timeout", "10"), ("dbname", url), ("application_name", "dhow"), ("client_encoding", "UTF8")]
        let handle = withCStrings(parameters.map(\.0)) { keywords in
            withCStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let handle else { throw translation.unreachable("libpq has no memory.") }
        let connection = PostgresConnection(handle: handle, queue: queue)
        guard PQstatus(handle) == CONNECTION_OK else { throw translation.unreachable(String(cString: PQerrorMessage(handle))) }
        // Notices go nowhere, instead of to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        do {
            // A server set to acknowledge before it syncs would break the promise of `write`.
            try connection.control(
                "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')")
        } catch let error as ServerError {
            throw translation.unreachable(error.message)
        }
        return connection
    }

    /// A null-terminated array of C strings, valid inside `body`.
    private static func withCStrings<Value>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value
    ) -> Value {
        let bytes = strings.flatMap { Array($0.utf8CString) }
        return bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            var pointers = strings.map { string in
                defer { offset += string.utf8CString.count }
                return bytes.baseAddress.map { $0 + offset }
            }
            pointers.append(nil)
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
