// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving

/// What became of some records.
package struct IntakeReceipt: Codable, Sendable, Equatable {
    /// A record that was put on the list of dead letters.
    package struct Refusal: Codable, Sendable, Equatable {
        package var place: String
        package var code: String
        package var problem: String
    }

    package var taken = 0
    /// Those that were taken before.
    package var repeated = 0
    package var refused: [Refusal] = []

    package init() {}
}

/// Takes records into what they are about. Effects, the memory of events, dead letters, counts and positions are written by one
/// transaction: after a crash either all of it is there or nothing, and the source gives the same records again.
struct StreamIntake {
    let transaction: any Transaction
    let workspace: String
    let stream: EventStream
    let identifiers: IdentifierSource
    let now: Timestamp

    /// - Parameter moves: Where the source's parts are after these records.
    func take(_ records: [SourceRecord], moving moves: [String: String] = [:]) throws -> IntakeReceipt {
        guard let kind = stream.specification.records else { preconditionFailure("A stream in says what its records are.") }
        var receipt = IntakeReceipt()
        var refused: [(SourceRecord, Problem)] = []
        var read: [StreamRecord] = []
        for record in records {
            do {
                read.append(try StreamRecord(record, as: kind, at: now))
            } catch let problem as Problem {
                refused.append((record, problem))
            }
        }
        let memory = EventMemory(transaction: transaction, workspace: workspace, stream: stream.name)
        var known = try memory.known(among: read.map(\.key))
        let new = read.filter { known.insert($0.key).inserted }
        receipt.repeated = read.count - new.count
        let taken = try write(new, &refused)
        receipt.taken = taken.count
        try memory.remember(taken.map(\.key), at: now)
        let letters = DeadLetterTable(transaction: transaction, workspace: workspace, stream: stream.name)
        var dead = 0
        for (record, problem) in refused {
            if try letters.insert(record, problem, as: identifiers.next(), at: now) { dead += 1 }
            receipt.refused.append(IntakeReceipt.Refusal(place: record.place, code: problem.code, problem: problem.description))
        }
        if dead > 0 { try letters.trim() }
        let progress = StreamProgressTable(transaction: transaction, workspace: workspace, stream: stream.name)
        try progress.add(taken: taken.count, repeated: receipt.repeated, refused: dead, at: now)
        try progress.move(moves, at: now)
        return receipt
    }

    /// Writes all of them; when that is refused, one after the other, so that those that are refused do not hold up the others.
    private func write(_ records: [StreamRecord], _ refused: inout [(SourceRecord, Problem)]) throws -> [StreamRecord] {
        guard !records.isEmpty else { return [] }
        if try attempt(records) == nil { return records }
        var taken: [StreamRecord] = []
        for record in records {
            if let problem = try attempt([record]) { refused.append((record.record, problem)) } else { taken.append(record) }
        }
        return taken
    }

    /// - Returns: What is wrong with the records; nil when they are written.
    private func attempt(_ records: [StreamRecord]) throws -> Problem? {
        do {
            try transaction.attempt {
                try StreamEffects(transaction: transaction, workspace: workspace, now: now).write(records, of: stream)
            }
            return nil
        } catch let problem as Problem {
            switch problem.kind {
            case .invalid, .tooLarge, .rejected, .notFound, .conflict: return problem
            default: throw problem
            }
        } catch is ConstraintViolation {
            return Problem(.invalid, "streams.record.refused", "The record breaks a rule of the database.")
        }
    }
}
