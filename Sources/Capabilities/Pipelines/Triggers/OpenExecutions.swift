// SPDX-License-Identifier: Apache-2.0

import Backends

/// Executions of a pipeline that have not ended, whoever started them.
struct OpenExecutions {
    private let pipeline: String
    private let workspace: String
    private let transaction: any Transaction

    init(of pipeline: String, in workspace: String, _ transaction: any Transaction) {
        self.pipeline = pipeline
        self.workspace = workspace
        self.transaction = transaction
    }

    func count() throws -> Int {
        let row = try transaction.row(
            "SELECT COUNT(*) AS open FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL", workspace, pipeline)
        return try row?["open"] ?? 0
    }

    /// Oldest first.
    func all() throws -> [Execution] {
        let table = ExecutionTable(transaction: transaction)
        return try transaction.rows(
            "SELECT id FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL ORDER BY id LIMIT 1000", workspace, pipeline
        ).compactMap { try table.find(try $0["id"]) }
    }
}

extension Execution {
    /// Whether a trigger started it and nobody has cancelled it yet.
    var isReplaceable: Bool { cause?.hasPrefix("trigger/") == true && !state.isCancelling }
}
