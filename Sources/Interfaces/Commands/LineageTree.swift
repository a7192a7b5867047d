// SPDX-License-Identifier: Apache-2.0

import API

/// A lineage as indented lines for people.
struct LineageTree {
    let root: LineageNodeAnswer

    var lines: [String] { lines(of: root, first: "", rest: "") }

    private func lines(of node: LineageNodeAnswer, first: String, rest: String) -> [String] {
        var lines = [first + "\(node.kind) \(node.name)".withoutControls]
        let trunk = rest + (node.children.isEmpty ? "   " : "│  ")
        if let missing = node.missing { lines.append(trunk + "missing: \(missing)".withoutControls) }
        lines += node.facts.map { trunk + "\($0.name): \($0.value)".withoutControls }
        lines += node.entries.map { entry in
            let proof = entry.unproven.map { "no receipt: \($0)" } ?? "receipt"
            return trunk + "ledger \(entry.seq): \(entry.verb) by \(entry.actor), \(Output.time(entry.time)) [\(proof)]".withoutControls
        }
        lines += node.faults.map { trunk + "FAULT: \($0)".withoutControls }
        for (index, child) in node.children.enumerated() {
            let isLast = index == node.children.count - 1
            lines += self.lines(of: child, first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "))
        }
        return lines
    }
}

extension LineageNodeAnswer {
    /// The entries about this link and all beneath it, each once, in ledger order.
    var allEntries: [LineageEntryAnswer] {
        var entries: [Int64: LineageEntryAnswer] = [:]
        func collect(_ node: LineageNodeAnswer) {
            for entry in node.entries { entries[entry.seq] = entry }
            for child in node.children { collect(child) }
        }
        collect(self)
        return entries.values.sorted { $0.seq < $1.seq }
    }
}

extension String {
    /// On one line, and without a way to steer the terminal: comments and reasons are other people's words.
    package var withoutControls: String {
        String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }
}
