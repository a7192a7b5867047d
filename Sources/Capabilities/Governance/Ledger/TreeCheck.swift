// SPDX-License-Identifier: Apache-2.0

/// Rebuilds the tree leaf by leaf and holds it against every checkpoint on the way.
struct TreeCheck {
    /// A checkpoint whose signature is valid, and where it was found.
    struct Commitment {
        var size: Int64
        var root: TreeHash
        var place: String
    }

    private(set) var report = LedgerReport()
    private(set) var range = CompactRange()
    /// Hashes of full tiles, by tile level; level 1 and up.
    private(set) var tileRoots: [Int: [TreeHash]] = [:]
    /// False once a leaf is lost: from there on no root can be computed.
    private(set) var isWhole = true
    /// Ascending by size.
    private var commitments: ArraySlice<Commitment>
    private var hasContradiction = false
    /// The first entry that something is wrong with.
    private var firstBad: Int64?

    init(commitments: [Commitment], found: LedgerReport) {
        self.commitments = commitments.sorted { $0.size < $1.size }[...]
        report = found
        while let next = self.commitments.first, next.size == 0 { compare(with: next) }
    }

    mutating func add(_ finding: LedgerFinding) {
        report.add(finding)
        if let seq = finding.seq { firstBad = min(firstBad ?? seq, seq) }
    }

    /// The hash of the next leaf; nil when it is lost.
    mutating func append(_ leaf: TreeHash?) {
        guard isWhole, let leaf else {
            isWhole = false
            return
        }
        range.append(leaf) { level, _, hash in
            if level > 0, level.isMultiple(of: 8) { tileRoots[level / 8, default: []].append(hash) }
        }
        while let next = commitments.first, next.size == range.size { compare(with: next) }
    }

    /// Compares what is left and gives the report.
    mutating func finish(size: Int64) -> LedgerReport {
        report.size = size
        report.root = isWhole ? range.root : nil
        if let last = commitments.last, last.size > size {
            add(
                LedgerFinding(
                    .behind, seq: size,
                    "Entries from \(size) to \(last.size - 1) are missing: \(last.place) was signed at size \(last.size)."))
        }
        let ordered = report.findings.enumerated().sorted {
            ($0.element.seq ?? Int64.max, $0.offset) < ($1.element.seq ?? Int64.max, $1.offset)
        }
        report.findings = ordered.map(\.element)
        return report
    }

    private mutating func compare(with commitment: Commitment) {
        commitments.removeFirst()
        if range.root == commitment.root {
            if !hasContradiction, (firstBad ?? Int64.max) >= commitment.size { report.soundSize = max(report.soundSize, commitment.size) }
            return
        }
        // Later checkpoints contradict the tree for the same reason.
        if hasContradiction { return }
        hasContradiction = true
        let first = firstBad.flatMap { $0 < commitment.size ? $0 : nil } ?? report.soundSize
        add(
            LedgerFinding(
                .inconsistent, seq: first,
                "The tree is not the one that \(commitment.place) was signed over at size \(commitment.size): an entry from \(first) on was changed together with its hashes."
            ))
    }
}
