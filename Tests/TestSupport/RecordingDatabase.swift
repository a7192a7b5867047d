// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Synchronization

/// Passes everything on to a database and keeps the reading statements.
package final class RecordingDatabase: Database {
    private let database: any Database
    private let recorded = Mutex<[(sql: String, values: [DatabaseValue])]>([])

    package init(_ database: any Database) { self.database = database }

    package var engine: DatabaseEngine { database.engine }
    /// In the order they were run, since `forget`.
    package var statements: [(sql: String, values: [DatabaseValue])] { recorded.withLock { $0 } }

    package func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await database.read { transaction in
            try body(RecordingTransaction(transaction: transaction) { sql, values in self.recorded.withLock { $0.append((sql, values)) } })
        }
    }

    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await database.write(locking: lock, body)
    }

    package func forget() { recorded.withLock { $0 = [] } }

    package func close() async { await database.close() }
}

extension RecordingDatabase {
    /// How SQLite would run the statement, a line for each of its steps.
    package func plan(of sql: String, _ values: [DatabaseValue]) async throws -> [String] {
        try await database.read { try $0.rows("EXPLAIN QUERY PLAN " + sql, values: values).map { try $0["detail"] } }
    }

    /// How many rows of tables Postgres reads for the statement, those it passes over among them. Its plan is the one it makes for all
    /// arguments alike, which it also takes for a statement that comes again and again.
    package func rowsRead(by sql: String, _ values: [DatabaseValue]) async throws -> Int {
        let arguments = try values.map { value in
            switch value {
            case .null: "NULL"
            case .integer(let number): "\(number)"
            case .real(let number): "\(number)"
            case .text(let text): "'" + text.replacing("'", with: "''") + "'"
            case .blob: throw Problem(.internal, "test.plan.blob", "A plan with bytes among its arguments is not asked for yet.")
            }
        }
        return try await database.read { transaction in
            for command in ["SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE asked AS " + sql] {
                _ = try transaction.execute(command, values: [])
            }
            let call = arguments.isEmpty ? "asked" : "asked(\(arguments.joined(separator: ", ")))"
            let row = try transaction.row("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE \(call)")
            _ = try transaction.execute("DEALLOCATE asked", values: [])
            let text: String = try row?["QUERY PLAN"] ?? "[]"
            return try JSONDecoder().decode([PostgresPlan].self, from: Data(text.utf8)).reduce(0) { $0 + $1.root.rowsRead }
        }
    }
}

/// What `EXPLAIN (ANALYZE, FORMAT JSON)` says of a statement.
private struct PostgresPlan: Decodable {
    let root: Node

    enum CodingKeys: String, CodingKey { case root = "Plan" }

    struct Node: Decodable {
        let table: String?
        let rows: Double
        let passedOver: Double?
        let loops: Double
        let nodes: [Node]?

        enum CodingKeys: String, CodingKey {
            case table = "Relation Name"
            case rows = "Actual Rows"
            case passedOver = "Rows Removed by Filter"
            case loops = "Actual Loops"
            case nodes = "Plans"
        }

        /// The numbers of rows are means of the loops.
        var rowsRead: Int {
            let own = table == nil ? 0 : Int((rows + (passedOver ?? 0)) * loops)
            return (nodes ?? []).reduce(own) { $0 + $1.rowsRead }
        }
    }
}

private struct RecordingTransaction: Transaction {
    let transaction: any Transaction
    let record: (String, [DatabaseValue]) -> Void

    var engine: DatabaseEngine { transaction.engine }

    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int { try transaction.execute(sql, values: values) }

    func insert(into target: String, rows: [[DatabaseValue]], _ ending: String) throws {
        try transaction.insert(into: target, rows: rows, ending)
    }

    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws {
        record(sql, values)
        try transaction.forEachRow(sql, values: values, body)
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result { try transaction.attempt(body) }
}
