// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

extension Change {
    /// Asks for the end of an execution; its driver stops what runs. Asking again, or after its end, changes nothing.
    ///
    /// - Parameter reason: What asks for it, when no person does.
    @discardableResult
    func cancel(_ execution: Execution, because reason: String? = nil) throws -> Execution {
        guard execution.ended == nil, !execution.wantsCancel else { return execution }
        var execution = execution
        execution.wantsCancel = true
        let table = ExecutionTable(transaction: transaction)
        try table.ask(execution.id, cancel: true, pause: execution.wantsPause)
        try record("execution.cancelling", on: execution.resource, reason.map { ["because": .string($0)] } ?? [:])
        guard execution.status == .queued else { return execution }
        // It never had its turn, so nobody drives it.
        (execution.status, execution.ended) = (.cancelled, time)
        try table.save(execution)
        try record("execution.cancelled", on: execution.resource, ["pipeline": .string(execution.pipeline)])
        return execution
    }
}

extension Execution {
    /// Whether a trigger started it and nobody has cancelled it yet.
    var isReplaceable: Bool { cause?.hasPrefix("trigger/") == true && !wantsCancel }
}
