// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Records of evaluation datasets.
extension EvaluationDatasetTracking {
    package struct Merged: Codable, Equatable, Sendable {
        package var inserted: Int64 = 0
        package var updated: Int64 = 0
    }

    /// Adds records; one whose inputs are there already is merged into that one, also within the call.
    ///
    /// - Complexity: O(bytes of the records); two statements and a bounded number of writes per 200 records.
    package func merge(_ drafts: [EvaluationRecordDraft], into id: String, by caller: Caller) async throws -> Merged {
        guard drafts.count <= EvaluationLimit.recordsAtOnce else {
            throw Problem(
                .tooLarge, "tracking.evaluation-records.too-many", "The request has \(drafts.count) records.",
                why: "At most \(EvaluationLimit.recordsAtOnce) are taken at once.", fix: "Merge the rest in further calls.")
        }
        for draft in drafts { try draft.check() }
        let editor = caller.principal.qualifiedName
        return try await governor.change(.trackingWrite, by: caller, locking: "evaluation-dataset/\(id)") { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            var dataset = try table.get(id)
            var schema = dataset.schema ?? EvaluationSchema()
            var merged = Merged()
            for start in stride(from: 0, to: drafts.count, by: 200) {
                let some = drafts[start..<min(start + 200, drafts.count)].map { ($0.inputDigest, $0) }
                var records = try table.records.records(with: some.map(\.0), of: id)
                let known = Set(records.keys)
                for (digest, draft) in some {
                    try schema.learn(from: draft)
                    if records[digest] != nil {
                        records[digest]?.merge(draft, by: editor, at: change.time)
                        merged.updated += 1
                    } else {
                        records[digest] = draft.record("dr-" + HexIdentifier.text(of: change.newIdentifier()), by: editor, at: change.time)
                        merged.inserted += 1
                    }
                }
                try table.records.insert(records.filter { !known.contains($0.key) }, of: id)
                try table.records.update(records.filter { known.contains($0.key) }.map(\.value), of: id)
            }
            guard !drafts.isEmpty else { return merged }
            dataset.schema = schema
            dataset.recordCount += merged.inserted
            guard dataset.recordCount <= EvaluationLimit.records else {
                throw Problem(
                    .exhausted, "tracking.evaluation-dataset.full", "The evaluation dataset would have \(dataset.recordCount) records.",
                    why: "At most \(EvaluationLimit.records) are kept.", fix: "Begin another one.")
            }
            dataset.touch(by: editor, at: change.time)
            try table.update(dataset)
            try change.record(
                "evaluation-dataset.merged", on: "evaluation-dataset/\(id)",
                ["inserted": .integer(merged.inserted), "updated": .integer(merged.updated), "digest": .string(dataset.digest)])
            return merged
        }
    }

    /// In the order they were made.
    ///
    /// - Parameter id: Of the record after which the page begins.
    package func records(
        of dataset: String, after id: String? = nil, limit: Int, by caller: Caller
    ) async throws -> (items: [EvaluationRecord], next: String?) {
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = EvaluationDatasetTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.get(dataset)
            return try table.records.page(of: dataset, after: id, limit: limit)
        }
    }

    /// - Returns: How many there were of them.
    package func deleteRecords(_ ids: [String], of id: String, by caller: Caller) async throws -> Int64 {
        guard ids.count <= EvaluationLimit.recordsAtOnce else {
            throw Problem(
                .invalid, "tracking.evaluation-records.too-many", "The request names \(ids.count) records.",
                why: "At most \(EvaluationLimit.recordsAtOnce) are deleted at once.", fix: "Delete the rest in further calls.")
        }
        return try await governor.change(.trackingWrite, by: caller, locking: "evaluation-dataset/\(id)") { change in
            let table = EvaluationDatasetTable(transaction: change.transaction, workspace: change.workspace)
            var dataset = try table.get(id)
            let count = try table.records.delete(ids, of: id)
            guard count > 0 else { return 0 }
            dataset.recordCount -= count
            dataset.touch(by: change.caller.principal.qualifiedName, at: change.time)
            try table.update(dataset)
            try change.record(
                "evaluation-dataset.pruned", on: "evaluation-dataset/\(id)",
                ["deleted": .integer(count), "digest": .string(dataset.digest)])
            return count
        }
    }
}

extension EvaluationDataset {
    /// Its records changed.
    fileprivate mutating func touch(by editor: String, at time: Timestamp) {
        // Two changes within a millisecond have different digests all the same.
        updated = max(time, updated + .milliseconds(1))
        digest = EvaluationDatasetTracking.digest(of: name, at: updated)
        self.editor = editor
    }
}
