// SPDX-License-Identifier: Apache-2.0

import Domain
import Yams

/// Refuses what a short text could make much work or memory of, and words what YAML's own reader refuses.
struct DocumentSafety {
    let codes: String

    /// Most places in a text that look like an alias of an anchor in it. More are refused before anything is composed.
    private static let maximumAliases = 16

    /// Aliases are refused altogether, but only a composed document shows them. While composing, the keys of mappings are hashed, and a
    /// key made of n aliases can stand for 3^(n/3) nodes; a small n bounds that work.
    static func hasManyAliases(_ text: String) -> Bool {
        var anchors: Set<Substring> = []
        var aliases: [Substring] = []
        let bytes = text.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
            let start = index
            while index < bytes.endIndex, isNameByte(bytes[index]) { index = bytes.index(after: index) }
            guard start < index else { continue }
            if byte == UInt8(ascii: "&") { anchors.insert(text[start..<index]) } else { aliases.append(text[start..<index]) }
        }
        return aliases.count { anchors.contains($0) } > maximumAliases
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
    }

    /// Refuses anchors (and so aliases) and nesting that is too deep, in time linear in the text.
    ///
    /// An anchor is met where it is defined, before any alias of it: nothing is walked twice.
    func check(_ node: Node, depth: Int) throws(Problem) {
        guard node.anchor == nil else { throw aliasProblem(node.mark) }
        guard depth <= DocumentNode.maximumDepth else { throw depthProblem(at: DocumentPlace(node.mark)) }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                try check(key, depth: depth + 1)
                try check(value, depth: depth + 1)
            }
        case .sequence(let sequence):
            for element in sequence { try check(element, depth: depth + 1) }
        case .scalar: break
        case .alias: throw aliasProblem(node.mark)
        }
    }

    func depthProblem(at place: DocumentPlace) -> Problem {
        Problem(
            .invalid, "\(codes).document.tooDeep",
            "\(place.text)The document is nested more than \(DocumentNode.maximumDepth) levels deep.",
            fix: "Flatten it.")
    }

    func aliasProblem(_ mark: Mark?) -> Problem {
        Problem(
            .invalid, "\(codes).document.alias", "\(DocumentPlace(mark).text)Anchors and aliases are not taken here.",
            why: "They make a short document stand for a very long one.", fix: "Write the value out, or use a parameter.")
    }

    func syntaxProblem(_ error: any Error, in text: String) -> Problem {
        func problem(_ place: DocumentPlace, _ text: String) -> Problem {
            Problem(
                .invalid, "\(codes).document.malformed", "\(place.text)The document is not YAML: \(text.printable).",
                fix: "Look at the indentation and quotes there.")
        }
        switch error as? YamlError {
        case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _): return problem(DocumentPlace(mark), text)
        case .composer(let context, let text, let mark, _):
            return problem(DocumentPlace(mark), context.map { "\($0.text) \(text)" } ?? text)
        case .duplicatedKeysInMapping(let names, let context):
            return Problem(
                .invalid, "\(codes).field.duplicate",
                "\(DocumentPlace(context.mark).text)'\(names.first?.printable ?? "")' stands twice in the same mapping.", fix: "Remove one."
            )
        case .reader(let reason, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { before.index(after: $0) } ?? before.startIndex
            let column = 1 + before[start...].count { $0 & 0b1100_0000 != 0b1000_0000 }
            return problem(DocumentPlace(line: line, column: column), reason)
        default: return problem(DocumentPlace(nil), "it cannot be read")
        }
    }
}
