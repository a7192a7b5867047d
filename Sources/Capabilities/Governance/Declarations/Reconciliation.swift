// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Brings what there is to what a source's documents say, within one change. A plan is the same in a change that is undone.
struct Reconciliation {
    private let kinds: DocumentKinds
    private let change: Change
    private let table: DeclaredObjectTable
    private(set) var plan: DocumentPlan

    init(of source: String, _ kinds: DocumentKinds, in change: Change) {
        self.kinds = kinds
        self.change = change
        table = DeclaredObjectTable(transaction: change.transaction, workspace: change.workspace)
        plan = DocumentPlan(source: source)
    }

    /// - Parameter faults: Those already found; with any, nothing is pruned, because a document that cannot be read is not absent.
    mutating func apply(_ wanted: [WantedObject], of sent: SentDocuments, faults: [Problem.Fault]) throws {
        plan.faults = faults
        for object in wanted.sorted(by: { isBefore($0.key, $1.key) }) {
            try attempt(at: object.place) { this in try this.apply(object, of: sent) }
        }
        guard sent.prunes, plan.faults.isEmpty else { return }
        let kept = Set(wanted.map(\.key))
        let rows = try table.list(source: sent.source, after: nil, limit: SentDocuments.maximumDocuments * 10)
        try delete(rows.map(\.key).filter { !kept.contains($0) }) { _ in nil }
    }

    /// Deletes objects of the source, those first that refer to others; what nobody declares is left as it is.
    ///
    /// - Parameter place: Where a document names the object.
    mutating func delete(_ keys: [DocumentKey], place: (DocumentKey) -> SourcePlace?) throws {
        for key in keys.sorted(by: { isBefore($1, $0) }) {
            let nowhere = SourcePlace(file: "\(plan.source): \(key)", line: 1, column: 1)
            try attempt(at: place(key) ?? nowhere) { this in try this.delete(key) }
        }
    }

    private mutating func apply(_ object: WantedObject, of sent: SentDocuments) throws {
        let kind = try kinds.require(object.key.kind)
        let change = try self.change.under(kind.writing, rehearsedUnder: kind.reading)
        var row = try table.find(object.key)
        let live = try kind.live(
            object.key.name, id: row?.id, wanted: object.content, in: change.transaction, workspace: change.workspace)
        let liveDigest = try live.map { try CanonicalSpec.digest(of: $0.spec) }
        var planned = PlannedObject(
            key: object.key, action: .noChange, digest: object.digest, liveDigest: liveDigest, generation: row?.generation ?? 1,
            changes: live.map { FieldChange.between($0.spec, object.content.spec) } ?? [], file: object.place.file,
            line: object.place.line)
        if row == nil, let live { row = try requireFree(live.id, for: object.key) }
        switch DocumentStanding(wanted: object.digest, live: liveDigest, row: row, source: sent.source) {
        case .same: return plan.objects.append(planned)
        case .absent: planned.action = .create
        case .deleted: (planned.action, planned.hasDrifted) = (.create, true)
        case .different(let hasDrifted): (planned.action, planned.hasDrifted) = (.update, hasDrifted)
        case .foreign(let owner, let isSame):
            guard sent.takesOver || (owner.isEmpty && isSame) else { throw Self.conflict(object.key, owner) }
            (planned.action, planned.takenFrom) = (live == nil ? .create : .update, owner)
        }
        if let row, row.digest != object.digest { planned.generation = row.generation + 1 }
        var id = live?.id
        // One that is as it should be is only noted as this source's.
        if liveDigest != object.digest {
            id = try kind.apply(
                DeclaredContent(name: object.key.name, content: object.content, text: object.text, commit: sent.commit), over: live,
                in: change)
            plan.files.formUnion(object.content.files.values)
        }
        if let id { try requireFree(id, for: object.key) }
        try table.save(
            DeclaredObject(
                kind: object.key.kind, name: object.key.name, source: sent.source, id: id ?? "", generation: planned.generation,
                digest: object.digest, spec: object.content.spec, document: object.text, file: object.place.file, commit: sent.commit,
                author: change.caller.principal.qualifiedName, created: row?.created ?? change.time, applied: change.time))
        try record("document.applied", planned, commit: sent.commit, in: change)
        plan.objects.append(planned)
    }

    private mutating func delete(_ key: DocumentKey) throws {
        let kind = try kinds.require(key.kind)
        let change = try self.change.under(kind.writing, rehearsedUnder: kind.reading)
        guard let row = try table.find(key) else {
            return plan.objects.append(PlannedObject(key: key, action: .noChange, digest: "", generation: 0))
        }
        guard row.source == plan.source else { throw Self.conflict(key, row.source) }
        let live = try kind.live(key.name, id: row.id, wanted: nil, in: change.transaction, workspace: change.workspace)
        let liveDigest = try live.map { try CanonicalSpec.digest(of: $0.spec) }
        let planned = PlannedObject(
            key: key, action: .delete, digest: row.digest, liveDigest: liveDigest, generation: row.generation,
            hasDrifted: liveDigest != row.digest)
        if let live { try kind.delete(key.name, live, in: change) }
        try table.delete(key)
        try record("document.deleted", planned, commit: nil, in: change)
        plan.objects.append(planned)
    }

    /// - Returns: The object that stands for the kind's own `id`, when it is the one named.
    /// - Throws: `Problem` `.conflict` when it has another name.
    @discardableResult
    private func requireFree(_ id: String, for key: DocumentKey) throws -> DeclaredObject? {
        let row = try table.find(kind: key.kind, id: id)
        if let row, row.key != key {
            throw Problem(
                .conflict, "documents.object.twice", "\(key) is already declared as \(row.key), by source '\(row.source.printable)'.",
                fix: "Keep one of the two documents; delete the other first.")
        }
        return row
    }

    /// Undoes what `body` did when it refuses, and goes on, so that all refusals are told.
    private mutating func attempt(at place: SourcePlace, _ body: (inout Reconciliation) throws -> Void) throws {
        var next = self
        do {
            try change.transaction.attempt { try body(&next) }
            self = next
        } catch let problem as Problem where problem.kind != .internal && problem.kind != .unavailable {
            plan.faults.append(place.fault(problem))
        }
    }

    private func record(_ verb: String, _ object: PlannedObject, commit: String?, in change: Change) throws {
        var payload: [String: JSONValue] = [
            "source": .string(plan.source), "action": .string(object.action.rawValue), "generation": .integer(Int64(object.generation)),
            "digest": .string(object.digest),
        ]
        if let commit { payload["commit"] = .string(commit) }
        if let owner = object.takenFrom { payload["takenFrom"] = .string(owner) }
        if object.hasDrifted { payload["drifted"] = true }
        try change.record(verb, on: object.key.resource, payload)
    }

    private func isBefore(_ left: DocumentKey, _ right: DocumentKey) -> Bool {
        (kinds.rank(of: left.kind), left.kind, left.name) < (kinds.rank(of: right.kind), right.kind, right.name)
    }

    private static func conflict(_ key: DocumentKey, _ owner: String) -> Problem {
        if owner.isEmpty {
            return Problem(
                .conflict, "documents.object.undeclared", "\(key) exists, differs from the document, and nobody declares it.",
                why: "It was made by hand.", fix: "Change the document to what there is, or adopt and overwrite it with --take-over.")
        }
        return Problem(
            .conflict, "documents.object.foreign", "\(key) is declared by source '\(owner.printable)'.",
            why: "A source changes and deletes only what is its own.", fix: "Remove it there, or adopt it with --take-over.")
    }
}
