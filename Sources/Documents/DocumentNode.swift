// SPDX-License-Identifier: Apache-2.0

package import Domain
import Yams

/// One place in a YAML document, read with errors that name line, column and the fix.
package struct DocumentNode {
    package static let maximumBytes = 8 << 20
    package static let maximumDepth = 32

    let node: Node
    /// What the reader is at, for messages: "step 'train'".
    package let subject: String
    /// What the codes of problems begin with: "pipelines" of "pipelines.field.unknown".
    package let codes: String

    init(node: Node, subject: String, codes: String) {
        self.node = node
        self.subject = subject
        self.codes = codes
    }

    package var line: Int { node.mark?.line ?? 1 }
    package var place: DocumentPlace { DocumentPlace(node.mark) }
    package var isMapping: Bool { node.mapping != nil }
    package var isList: Bool { node.sequence != nil }

    /// The one document in `text`.
    ///
    /// - Throws: `Problem` `.invalid`, or `.tooLarge` beyond 8 MiB.
    package static func root(of text: String, codes: String) throws(Problem) -> DocumentNode {
        let safety = DocumentSafety(codes: codes)
        guard text.utf8.count <= maximumBytes else {
            throw Problem(
                .tooLarge, "\(codes).document.tooLarge", "The document is longer than \(maximumBytes) bytes.",
                fix: "Split it, and keep data out of it.")
        }
        try DocumentDepth.check(text, codes: codes)
        guard !DocumentSafety.hasManyAliases(text) else { throw safety.aliasProblem(nil) }
        do {
            // Types are told apart here, by the rules of YAML 1.2 (`value`); Yams would do it by regular expressions, at four times the cost.
            let parser = try Parser(yaml: text, resolver: .basic)
            guard let node = try parser.singleRoot() else {
                throw Problem(
                    .invalid, "\(codes).document.empty", "\(DocumentPlace(nil).text)The document is empty.",
                    fix: "Begin with 'apiVersion: dhow/v1'.")
            }
            // Nodes hold their anchors weakly, the parser holds them.
            try withExtendedLifetime(parser) { try safety.check(node, depth: 0) }
            return DocumentNode(node: node, subject: "the document", codes: codes)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw safety.syntaxProblem(error, in: text)
        }
    }

    /// The members of a mapping; fields that `known` does not name are refused.
    package func members(_ known: [String]? = nil) throws(Problem) -> [String: DocumentNode] {
        guard let mapping = node.mapping else { throw wrongType("a mapping") }
        var members: [String: DocumentNode] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw problem("field.malformed", "A field's name is not text.", fix: "Write names as plain text.", at: key)
            }
            if let known, !known.contains(name) {
                throw problem(
                    "field.unknown", "There is no field '\(name.printable)' in \(subject).",
                    fix: Self.suggestion(for: name, among: known) ?? "The fields are \(known.joined(separator: ", ")).", at: key)
            }
            members[name] = DocumentNode(node: value, subject: "'\(name.printable)' of \(subject)", codes: codes)
        }
        return members
    }

    /// The names of a mapping's members in the order of the text, each with its own place.
    package func keys() throws(Problem) -> [(name: String, place: DocumentNode)] {
        guard let mapping = node.mapping else { throw wrongType("a mapping") }
        return mapping.compactMap { key, _ in key.scalar.map { ($0.string, DocumentNode(node: key, subject: subject, codes: codes)) } }
    }

    package func elements() throws(Problem) -> [DocumentNode] {
        guard let sequence = node.sequence else { throw wrongType("a list") }
        return sequence.map { DocumentNode(node: $0, subject: "an element of \(subject)", codes: codes) }
    }

    package func named(_ subject: String) -> DocumentNode { DocumentNode(node: node, subject: subject, codes: codes) }

    /// A scalar that YAML reads as text.
    package func text() throws(Problem) -> String {
        guard node.scalar != nil else { throw wrongType("text") }
        guard case .string(let text) = try value(), !text.utf8.contains(0) else { throw wrongType("text", fix: "Put it in quotes.") }
        return text
    }

    /// The characters of any scalar: `1` and `"1"` are the same argument.
    package func scalarText() throws(Problem) -> String {
        guard let scalar = node.scalar else { throw wrongType("a single value") }
        guard !scalar.string.utf8.contains(0) else { throw wrongType("text without NUL characters") }
        return scalar.string
    }

    package func boolean() throws(Problem) -> Bool {
        guard case .bool(let value) = try value() else { throw wrongType("true or false") }
        return value
    }

    package func integer(in range: ClosedRange<Int>) throws(Problem) -> Int {
        guard case .integer(let value) = try value(), let number = Int(exactly: value), range.contains(number) else {
            throw wrongType("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A name by `ResourceName`'s rules.
    package func name(of noun: String) throws(Problem) -> String {
        let name = try text()
        do {
            return try ResourceName.check(name, of: noun)
        } catch {
            throw problem("name.malformed", error.what, why: error.why, fix: error.fix)
        }
    }

    /// The value by YAML 1.2's core schema: only `true` and `false` are truth values, only decimal digits are whole numbers.
    package func value() throws(Problem) -> JSONValue {
        if let mapping = node.mapping {
            var members: [String: JSONValue] = [:]
            for (name, member) in try DocumentNode(node: .mapping(mapping), subject: subject, codes: codes).members() {
                members[name] = try member.value()
            }
            return .object(members)
        }
        if node.sequence != nil {
            var values: [JSONValue] = []
            for element in try elements() { values.append(try element.value()) }
            return .array(values)
        }
        guard let scalar = node.scalar else { throw wrongType("a value") }
        let text = scalar.string
        if scalar.style != .plain { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        if let integer = Int64(text) { return .integer(integer) }
        let startsAsNumber = text.utf8.first.map { (48...57).contains($0) || [43, 45, 46].contains($0) } ?? false
        if startsAsNumber, text.utf8.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }),
            let number = Double(text), number.isFinite
        {
            return .number(number)
        }
        return .string(text)
    }

    package func missing(_ field: String, fix: String) -> Problem {
        problem("field.missing", "\(subject.capitalisedFirst) has no '\(field)'.", fix: fix)
    }

    package func wrongType(_ wanted: String, fix: String? = nil) -> Problem {
        problem("field.mismatch", "\(subject.capitalisedFirst) is not \(wanted).", fix: fix ?? "Write \(wanted) there.")
    }

    package func problem(_ reason: String, _ what: String, why: String? = nil, fix: String?) -> Problem {
        problem(reason, what, why: why, fix: fix, at: node)
    }

    func problem(_ reason: String, _ what: String, why: String? = nil, fix: String?, at node: Node) -> Problem {
        Problem(.invalid, "\(codes).\(reason)", DocumentPlace(node.mark).text + what, why: why, fix: fix)
    }
}

extension String {
    package var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
