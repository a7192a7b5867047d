// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Streams {
    /// Newest first.
    package func letters(of name: String, before id: String? = nil, limit: Int, by caller: Caller) async throws -> [DeadLetter] {
        try await governor.read(.streamRead, by: caller) { transaction in
            _ = try Self.find(name, in: caller.workspace, transaction)
            return try DeadLetterTable(transaction: transaction, workspace: caller.workspace, stream: name).page(
                before: id, limit: min(max(limit, 1), Self.maximumPage))
        }
    }

    /// Takes a dead letter again. What is still wrong with it is told, and it stays on the list.
    ///
    /// - Throws: `Problem` `.notFound`, `.rejected` for a record of which only the beginning was kept, and for an event that went out.
    package func retry(_ id: String, of name: String, by caller: Caller) async throws -> IntakeReceipt {
        let identifiers = governor.identifiers
        return try await governor.change(.streamManage, by: caller) { change in
            let stream = try Self.find(name, in: change.workspace, change.transaction)
            let table = DeadLetterTable(transaction: change.transaction, workspace: change.workspace, stream: name)
            let letter = try Self.find(id, of: name, table)
            guard letter.isWhole, stream.specification.direction == .in else {
                throw Problem(
                    .rejected, "streams.letter.not-whole", "Dead letter '\(id.printable)' cannot be taken again.",
                    why: letter.isWhole ? "It is an event that went out." : "Of its \(letter.size) bytes only the beginning was kept.",
                    fix: "Send the record again, made right.")
            }
            try table.delete(id)
            let receipt = try StreamIntake(
                transaction: change.transaction, workspace: change.workspace, stream: stream, identifiers: identifiers, now: change.time
            ).take([SourceRecord(place: letter.place, headers: letter.headers, body: letter.body)])
            try change.record("stream.retried", on: stream.resource, ["letter": .string(id), "taken": .integer(Int64(receipt.taken))])
            return receipt
        }
    }

    /// Takes a dead letter from the list.
    package func discard(_ id: String, of name: String, by caller: Caller) async throws {
        _ = try await governor.change(.streamManage, by: caller) { change in
            let stream = try Self.find(name, in: change.workspace, change.transaction)
            let table = DeadLetterTable(transaction: change.transaction, workspace: change.workspace, stream: name)
            _ = try Self.find(id, of: name, table)
            try table.delete(id)
            try change.record("stream.discarded", on: stream.resource, ["letter": .string(id)])
            return Nothing()
        }
    }

    /// Forgets events and dead letters of more than thirty days ago.
    package static func forgetOld(_ governor: Governor) async throws {
        let limit = governor.clock.now() - EventMemory.age
        var count: Int
        repeat {
            count = try await governor.database.write { try EventMemory.forget(before: limit, most: 5_000, in: $0) }
        } while count == 5_000
        try await governor.database.write { try DeadLetterTable.forget(before: limit, in: $0) }
    }

    private static func find(_ id: String, of name: String, _ table: DeadLetterTable) throws -> DeadLetter {
        guard let letter = try table.find(id) else {
            throw Problem(
                .notFound, "streams.letter.unknown", "Stream '\(name.printable)' has no dead letter '\(id.printable)'.",
                fix: "List them: dhow stream letters \(name.printable).")
        }
        return letter
    }
}
