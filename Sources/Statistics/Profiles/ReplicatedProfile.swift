// SPDX-License-Identifier: Apache-2.0

/// One profile gathered from many replicas, each of which sends its parts numbered 1, 2, 3, …, possibly late, twice or out of order.
///
/// Merging is a union of (replica, sequence) pairs, so it is associative, commutative and idempotent to the last bit (a state-based
/// replicated type: Shapiro, Preguiça, Baquero and Zawirski, "Conflict-Free Replicated Data Types", SSS 2011). A replica's parts are folded in
/// the order of their numbers however they arrive, and replicas in the order of their names; parts that wait for an earlier one are kept
/// apart and still count. Memory is one profile a replica and one for each part in waiting. A pair must always name the same part.
package struct ReplicatedProfile<Part: Mergeable>: Codable, Equatable, Sendable {
    private struct Replica: Codable, Equatable {
        /// Parts 1…through, in one.
        var through = 0
        var folded: Part?
        var waiting: [Int: Part] = [:]

        /// False, with nothing changed, when the parts do not go together.
        mutating func fold() -> Bool {
            var next = self
            while let part = next.waiting.removeValue(forKey: next.through + 1) {
                if var folded = next.folded {
                    guard folded.merge(part) else { return false }
                    next.folded = folded
                } else {
                    next.folded = part
                }
                next.through += 1
            }
            self = next
            return true
        }
    }

    package enum Outcome: Equatable, Sendable {
        case added
        /// This part was here already; nothing changed.
        case repeated
        /// The part was set up differently from the others, or its number is below 1; nothing changed.
        case refused
    }

    private let empty: Part
    private var replicas: [String: Replica] = [:]

    /// - Parameter empty: A part without rows, set up as all others.
    package init(empty: Part) {
        self.empty = empty
    }

    /// O(part), and one more for each that was waiting for it.
    ///
    /// - Parameter sequence: From 1, one for each part of the replica.
    package mutating func add(_ part: Part, replica: String, sequence: Int) -> Outcome {
        var probe = empty
        guard sequence > 0, probe.merge(part) else { return .refused }
        var state = replicas[replica] ?? Replica()
        guard sequence > state.through, state.waiting[sequence] == nil else { return .repeated }
        state.waiting[sequence] = part
        guard state.fold() else { return .refused }
        replicas[replica] = state
        return .added
    }

    /// Adds every part the other has and this one has not; false, with nothing changed, when they do not go together.
    package mutating func merge(_ other: ReplicatedProfile) -> Bool {
        guard empty == other.empty else { return false }
        var merged = replicas
        for (name, theirs) in other.replicas {
            guard let ours = merged[name] else {
                merged[name] = theirs
                continue
            }
            var state = ours.through >= theirs.through ? ours : theirs
            let rest = ours.through >= theirs.through ? theirs : ours
            for (sequence, part) in rest.waiting where sequence > state.through { state.waiting[sequence] = part }
            guard state.fold() else { return false }
            merged[name] = state
        }
        replicas = merged
        return true
    }

    /// All parts in one; O(replicas + waiting parts) merges.
    package var total: Part {
        var total = empty
        for name in replicas.keys.sorted() {
            guard let replica = replicas[name] else { continue }
            let waiting = replica.waiting.keys.sorted().compactMap { replica.waiting[$0] }
            for part in [replica.folded].compactMap(\.self) + waiting {
                let isMerged = total.merge(part)
                precondition(isMerged, "Every part was tried against the empty one when it came.")
            }
        }
        return total
    }

    /// How many parts are counted.
    package var partCount: Int { replicas.values.reduce(0) { $0 + $1.through + $1.waiting.count } }

    /// Whether this part is counted.
    package func contains(replica: String, sequence: Int) -> Bool {
        guard sequence > 0, let state = replicas[replica] else { return false }
        return sequence <= state.through || state.waiting[sequence] != nil
    }
}
