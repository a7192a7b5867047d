// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What applying documents would do, or did, object by object.
package struct DocumentPlan: Codable, Sendable, Equatable {
    package var source: String
    /// In the order in which they are dealt with: made and changed first, deleted at the end.
    package var objects: [PlannedObject] = []
    /// What stands in the way; while there is one, nothing is applied.
    package var faults: [Problem.Fault] = []
    /// Files that objects to be made or changed need.
    package var files: Set<BlobDigest> = []

    package var hasChanges: Bool { objects.contains { $0.action != .noChange } }

    /// The same plan has the same digest, so that what is applied can be held to what was seen.
    package func digest() throws -> String {
        try CanonicalSpec.digest(
            of: .array(
                [.string(source)]
                    + objects.map {
                        [.string($0.key.resource), .string($0.action.rawValue), .string($0.digest), .string($0.liveDigest ?? "")]
                    }))
    }
}

package struct PlannedObject: Codable, Sendable, Equatable {
    package enum Action: String, Codable, Sendable, CaseIterable {
        case create, update, delete
        case noChange = "no-change"
    }

    package var key: DocumentKey
    package var action: Action
    /// Of the spec that is wanted; of the one that was applied, for a deletion.
    package var digest: String
    /// Of what there is before; nil when there is nothing.
    package var liveDigest: String?
    /// After it.
    package var generation: Int
    /// From what there is to what is wanted.
    package var changes: [FieldChange] = []
    /// What there is is not what this source last applied: someone changed or deleted it by other ways.
    package var hasDrifted = false
    /// The source that the object is taken from; empty when nobody declared it.
    package var takenFrom: String?
    /// Where its document is; nil for a deletion.
    package var file: String?
    package var line: Int?
}

/// How a wanted object stands to what was applied and to what there is.
enum DocumentStanding: Equatable {
    case absent, deleted, same, different(hasDrifted: Bool)
    /// Declared by another source, or by nobody (empty).
    case foreign(source: String, isSame: Bool)

    /// The three sides of the comparison: wanted, live, and last applied by `row.source`.
    init(wanted: String, live: String?, row: DeclaredObject?, source: String) {
        switch (live, row) {
        case (nil, nil): self = .absent
        case (_, let row?) where row.source != source: self = .foreign(source: row.source, isSame: live == wanted)
        case (let live?, nil): self = .foreign(source: "", isSame: live == wanted)
        case (nil, _?): self = .deleted
        case (let live?, let row?):
            // When both agree although something else was applied, what is kept of it must still be brought up to date.
            self = live == wanted && row.digest == wanted ? .same : .different(hasDrifted: live != row.digest)
        }
    }
}
