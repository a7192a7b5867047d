// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

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
    var isCancelling: Bool { wantsCancel || flags.contains(.cancelling) }

    /// Whether a trigger started it and nobody has cancelled it yet.
    var isReplaceable: Bool { cause?.hasPrefix("trigger/") == true && !isCancelling }
}

extension Change {
    /// Asks for the end of an open execution, as a person does.
    func cancel(_ execution: Execution, because resource: String) throws {
        var execution = execution
        let table = ExecutionTable(transaction: transaction)
        execution.wantsCancel = true
        try table.ask(execution.id, cancel: true, pause: execution.wantsPause)
        try record("execution.cancelling", on: execution.resource, ["because": .string(resource)])
        guard execution.status == .queued else { return }
        // It never had its turn, so nobody drives it.
        (execution.status, execution.ended) = (.cancelled, time)
        try table.save(execution)
        try record("execution.cancelled", on: execution.resource, ["pipeline": .string(execution.pipeline)])
    }
}
