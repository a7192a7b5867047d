// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
package import Governance

/// What people and programs say of traces.
extension TraceTracking {
    package static var maximumAssessments: Int64 { 1_000 }

    /// - Returns: The assessment with the id it was given.
    package func assess(_ id: String, _ assessment: Assessment, by caller: Caller) async throws -> Assessment {
        try assessment.check()
        return try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let entry = try table.get(id)
            guard try table.assessments.count(of: entry.key) < Self.maximumAssessments else {
                throw Problem(
                    .exhausted, "tracking.assessment.too-many", "Trace '\(id.printable)' has \(Self.maximumAssessments) assessments.",
                    why: "No more are kept of one trace.", fix: "Delete some, or change one.")
            }
            if let other = assessment.overrides {
                guard try table.assessments.set(isValid: false, other, of: entry.key) else { throw Assessment.unknown(other, of: id) }
            }
            var assessment = assessment
            assessment.id = Assessment.newID(from: governor.identifiers)
            try table.assessments.insert(assessment, of: entry.key)
            return assessment
        }
    }

    package func assessment(_ id: String, of trace: String, by caller: Caller) async throws -> Assessment {
        try await governor.read(.trackingRead, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            guard let assessment = try table.assessments.find(id, of: try table.get(trace).key) else {
                throw Assessment.unknown(id, of: trace)
            }
            return assessment
        }
    }

    /// - Throws: `Problem` `.invalid` for an expectation where there is feedback, or the reverse.
    package func edit(_ id: String, of trace: String, _ edit: AssessmentEdit, by caller: Caller) async throws -> Assessment {
        let now = governor.clock.now()
        return try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let key = try table.get(trace).key
            guard var assessment = try table.assessments.find(id, of: key) else { throw Assessment.unknown(id, of: trace) }
            if let kind = edit.kind, kind != assessment.kind {
                throw Problem(
                    .invalid, "tracking.assessment.kind",
                    "Cannot update \(kind.rawValue) value on \(assessment.kind == .feedback ? "a Feedback" : "an Expectation") assessment.",
                    fix: "Delete it, and record another.")
            }
            try assessment.take(edit, at: now)
            try assessment.check()
            try table.assessments.update(assessment, of: key)
            return assessment
        }
    }

    /// Deletes it; what it stood in place of is valid again. That there is none is no fault.
    package func deleteAssessment(_ id: String, of trace: String, by caller: Caller) async throws {
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = TraceTable(transaction: transaction, workspace: caller.workspace)
            let key = try table.get(trace).key
            guard let assessment = try table.assessments.find(id, of: key) else { return }
            if let other = assessment.overrides { _ = try table.assessments.set(isValid: true, other, of: key) }
            try table.assessments.delete(id, of: key)
        }
    }
}

extension Assessment {
    static func newID(from identifiers: IdentifierSource) -> String { "a-" + HexIdentifier.text(of: identifiers.next()) }

    func check() throws(Problem) {
        guard !name.isEmpty, name.utf8.count <= Self.maximumNameLength else {
            throw Problem(
                .invalid, "tracking.assessment.name", "The name of an assessment has \(name.utf8.count) bytes.",
                why: "It has 1 to \(Self.maximumNameLength).")
        }
        guard let value = try? JSONEncoder().encode(value), let metadata = try? JSONEncoder().encode(metadata) else {
            throw Problem(.invalid, "tracking.assessment.value", "The value of the assessment '\(name.printable)' is not JSON.")
        }
        for (noun, size) in [("value", value.count), ("metadata", metadata.count), ("rationale", rationale?.utf8.count ?? 0)]
        where size > Self.maximumTextLength {
            throw Problem(
                .tooLarge, "tracking.assessment.too-large", "The \(noun) of the assessment '\(name.printable)' has \(size) bytes.",
                why: "At most \(Self.maximumTextLength) are kept.")
        }
    }

    fileprivate mutating func take(_ edit: AssessmentEdit, at time: Timestamp) throws {
        name = edit.name ?? name
        if let value = edit.value {
            self.value = value
            failure = edit.failure
        }
        rationale = edit.rationale ?? rationale
        let changed = Set(edit.metadata.map(\.key))
        metadata = metadata.filter { !changed.contains($0.key) } + edit.metadata
        isValid = edit.isValid ?? isValid
        updated = time
    }
}
