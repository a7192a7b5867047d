// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The use cases of documents: what applying them would do, applying them, and what has changed since.
package struct Declarations: Sendable {
    private let governor: Governor
    package let kinds: DocumentKinds

    package init(governor: Governor, kinds: DocumentKinds) {
        self.governor = governor
        self.kinds = kinds
    }

    /// What `apply` would do now: it is done, told, and undone, so that a plan says what applying would say. Changes nothing.
    ///
    /// Beside `documentApply` it needs the permissions to see the objects, not those to change them.
    package func plan(_ sent: SentDocuments, by caller: Caller) async throws -> DocumentPlan {
        try governor.require(.documentApply, of: caller)
        let reading = try await read(sent)
        return try await governor.rehearse(.documentApply, by: caller) { try reconcile(reading, sent, in: $0) }
    }

    /// Brings all objects to what their documents say, in one transaction: all of it, or nothing.
    ///
    /// - Parameter expected: `digest` of the plan that was seen; nil for whatever the plan is.
    /// - Throws: `Problem` with `faults` when anything stands in the way.
    package func apply(_ sent: SentDocuments, expecting expected: String? = nil, by caller: Caller) async throws -> DocumentPlan {
        try governor.require(.documentApply, of: caller)
        let reading = try await read(sent)
        return try await governor.change(.documentApply, by: caller, locking: Self.lock(caller)) { change in
            let plan = try reconcile(reading, sent, in: change)
            try Self.refuse(plan.faults)
            if let expected, try plan.digest() != expected {
                throw Problem(
                    .conflict, "documents.plan.stale", "The plan that was seen is not what would be done now.",
                    why: "Objects or documents have changed since.", fix: "Look at the new plan: dhow plan.")
            }
            return plan
        }
    }

    /// Deletes what the documents name, as far as their source declares it.
    ///
    /// - Parameter isRehearsal: Only says what would be done.
    package func delete(_ sent: SentDocuments, isRehearsal: Bool, by caller: Caller) async throws -> DocumentPlan {
        let reading = try DocumentReading(sent, kinds)
        let places = reading.keys
        // What is wrong with a spec does not matter to a deletion; a document that cannot be told apart does.
        guard !places.isEmpty || reading.faults.isEmpty else { throw Self.refusal(reading.faults) }
        return try await delete(of: sent.source, isRehearsal: isRehearsal, by: caller) { _ in
            Array(places.keys)
        } place: {
            places[$0]
        }
    }

    /// Deletes everything that the source declares.
    package func deleteAll(of source: String, isRehearsal: Bool, by caller: Caller) async throws -> DocumentPlan {
        try SentDocuments.check(source: source)
        return try await delete(of: source, isRehearsal: isRehearsal, by: caller) { table in
            try table.list(source: source, after: nil, limit: SentDocuments.maximumDocuments * 10).map(\.key)
        } place: { _ in
            nil
        }
    }

    /// Which objects are not as they were last applied; of one source, or of all.
    package func drift(of source: String?, by caller: Caller) async throws -> [DriftedObject] {
        let kinds = kinds
        return try await governor.read(.documentRead, by: caller) { transaction in
            let rows = try DeclaredObjectTable(transaction: transaction, workspace: caller.workspace)
                .list(source: source, after: nil, limit: SentDocuments.maximumDocuments * 10)
            return try rows.map { row in
                let kind = try kinds.require(row.kind)
                try governor.require(kind.reading, of: caller)
                let live = try kind.live(row.name, id: row.id, wanted: nil, in: transaction, workspace: caller.workspace)
                guard let live else { return DriftedObject(object: row, state: .deleted) }
                let isSame = try CanonicalSpec.digest(of: live.spec) == row.digest
                return DriftedObject(
                    object: row, state: isSame ? .same : .changed, changes: isSame ? [] : FieldChange.between(row.spec, live.spec))
            }
        }
    }

    /// By kind and name, after the one given.
    package func list(source: String?, after key: DocumentKey?, limit: Int, by caller: Caller) async throws -> [DeclaredObject] {
        try await governor.read(.documentRead, by: caller) {
            try DeclaredObjectTable(transaction: $0, workspace: caller.workspace).list(
                source: source, after: key, limit: min(max(limit, 1), 1000))
        }
    }

    /// - Throws: `Problem` `.notFound`.
    package func object(_ key: DocumentKey, by caller: Caller) async throws -> DeclaredObject {
        try governor.require(try kinds.require(key.kind).reading, of: caller)
        let found = try await governor.read(.documentRead, by: caller) {
            try DeclaredObjectTable(transaction: $0, workspace: caller.workspace).find(key)
        }
        guard let found else {
            throw Problem(
                .notFound, "documents.object.unknown", "No source declares \(key.kind.printable) '\(key.name.printable)'.",
                fix: "List what is declared: dhow document list.")
        }
        return found
    }

    private func read(_ sent: SentDocuments) async throws -> DocumentReading {
        var reading = try DocumentReading(sent, kinds)
        try await reading.check()
        return reading
    }

    private func reconcile(_ reading: DocumentReading, _ sent: SentDocuments, in change: Change) throws -> DocumentPlan {
        var reconciliation = Reconciliation(of: sent.source, kinds, in: change)
        try reconciliation.apply(reading.wanted, of: sent, faults: reading.faults)
        return reconciliation.plan
    }

    private func delete(
        of source: String, isRehearsal: Bool, by caller: Caller,
        keys: @escaping @Sendable (DeclaredObjectTable) throws -> [DocumentKey], place: @escaping @Sendable (DocumentKey) -> SourcePlace?
    ) async throws -> DocumentPlan {
        let kinds = kinds
        let body: @Sendable (Change) throws -> DocumentPlan = { change in
            var reconciliation = Reconciliation(of: source, kinds, in: change)
            let table = DeclaredObjectTable(transaction: change.transaction, workspace: change.workspace)
            try reconciliation.delete(try keys(table), place: place)
            return reconciliation.plan
        }
        if isRehearsal { return try await governor.rehearse(.documentApply, by: caller, body) }
        return try await governor.change(.documentApply, by: caller, locking: Self.lock(caller)) { change in
            let plan = try body(change)
            try Self.refuse(plan.faults)
            return plan
        }
    }

    /// One set of documents at a time in a workspace, so that what is compared is what is written over.
    private static func lock(_ caller: Caller) -> String { "documents/\(caller.workspace)" }

    private static func refuse(_ faults: [Problem.Fault]) throws(Problem) {
        guard faults.isEmpty else { throw refusal(faults) }
    }

    private static func refusal(_ faults: [Problem.Fault]) -> Problem {
        let kind = [.forbidden, .invalid, .tooLarge, .notFound].first { kind in faults.contains { $0.kind == kind } } ?? faults[0].kind
        return Problem(
            kind, faults.count == 1 ? faults[0].code : "documents.faults",
            faults.count == 1 ? faults[0].what : "\(faults.count) things stand in the way.", why: "Nothing was changed.",
            fix: "Mend them, and look at the plan: dhow plan.", faults: faults)
    }
}

/// A declared object beside what there is.
package struct DriftedObject: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case same, changed, deleted }

    package var object: DeclaredObject
    package var state: State
    /// From what was applied to what there is.
    package var changes: [FieldChange] = []
}
