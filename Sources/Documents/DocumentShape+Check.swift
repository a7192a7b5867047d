// SPDX-License-Identifier: Apache-2.0

package import Domain

extension DocumentShape {
    /// Most faults that are told of one document.
    package static let maximumFaults = 20

    /// Everything at this place and beneath it that is not as described, in the order of the text; empty when all is well.
    package func faults(in node: DocumentNode) -> [Problem] {
        var check = Check()
        check.check(node, self)
        return check.faults
    }

    private struct Check {
        var faults: [Problem] = []

        mutating func check(_ node: DocumentNode, _ shape: DocumentShape) {
            guard faults.count < DocumentShape.maximumFaults else { return }
            do throws(Problem) {
                switch shape {
                case .text(let pattern, let length): try checkText(node, pattern, length)
                case .choice(let words): try checkChoice(node, words)
                case .scalar: _ = try node.scalarText()
                case .boolean: _ = try node.boolean()
                case .integer(let range): _ = try node.integer(in: range)
                case .number(let range):
                    guard let number = try node.value().double, range.contains(number) else { throw node.wrongType(range.words) }
                case .list(let element, let count): try checkList(node, element, count)
                case .record(let fields): try checkRecord(node, fields)
                case .map(let value, let keys): try checkMap(node, value, keys)
                case .either(let shapes): checkEither(node, shapes)
                case .described(_, let shape): check(node, shape)
                case .anything: _ = try node.value()
                }
            } catch {
                faults.append(error)
            }
        }

        private func checkText(_ node: DocumentNode, _ pattern: String?, _ length: ClosedRange<Int>) throws(Problem) {
            let text = try node.text()
            guard length.contains(text.unicodeScalars.count) else {
                throw node.wrongType("text of \(length.lowerBound) to \(length.upperBound) characters")
            }
            guard let pattern else { return }
            guard DocumentShape.matches(text, pattern) else {
                throw node.problem(
                    "field.malformed", "\(node.subject.capitalisedFirst) is '\(text.printable)'.", why: "It has to match \(pattern).",
                    fix: "Write text of that form.")
            }
        }

        private func checkChoice(_ node: DocumentNode, _ words: [String]) throws(Problem) {
            let text = try node.text()
            guard words.contains(text) else {
                throw node.problem(
                    "field.unknownValue", "\(node.subject.capitalisedFirst) is '\(text.printable)'.",
                    why: "It is one of \(words.joined(separator: ", ")).",
                    fix: DocumentNode.suggestion(for: text, among: words) ?? "Choose one of these.")
            }
        }

        private mutating func checkList(_ node: DocumentNode, _ element: DocumentShape, _ count: ClosedRange<Int>) throws(Problem) {
            let elements = try node.elements()
            guard count.contains(elements.count) else {
                throw node.wrongType("a list of \(count.lowerBound) to \(count.upperBound) elements")
            }
            for each in elements { check(each, element) }
        }

        private mutating func checkRecord(_ node: DocumentNode, _ fields: [DocumentField]) throws(Problem) {
            let members = try node.members()
            let known = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            for field in fields where field.isRequired && members[field.name] == nil {
                faults.append(node.missing(field.name, fix: "Add '\(field.name): …'. \(field.summary)"))
            }
            for (name, key) in try node.keys() {
                guard let member = members[name] else { continue }
                if let field = known[name] {
                    check(member, field.shape)
                } else if faults.count < DocumentShape.maximumFaults {
                    let names = fields.map(\.name)
                    faults.append(
                        key.problem(
                            "field.unknown", "There is no field '\(name.printable)' in \(node.subject).",
                            fix: DocumentNode.suggestion(for: name, among: names) ?? "The fields are \(names.joined(separator: ", "))."))
                }
            }
        }

        private mutating func checkMap(_ node: DocumentNode, _ value: DocumentShape, _ pattern: String?) throws(Problem) {
            let members = try node.members()
            for (name, key) in try node.keys() {
                if let pattern, !DocumentShape.matches(name, pattern) {
                    faults.append(
                        key.problem(
                            "field.malformed", "'\(name.printable)' cannot be a name in \(node.subject).",
                            why: "It has to match \(pattern).",
                            fix: "Rename it."))
                }
                if let member = members[name] { check(member, value) }
            }
        }

        /// The faults of the shape that comes nearest: the one in which the reader came farthest.
        private mutating func checkEither(_ node: DocumentNode, _ shapes: [DocumentShape]) {
            let attempts = shapes.map { $0.faults(in: node) }
            guard !attempts.contains(where: \.isEmpty) else { return }
            func reach(_ faults: [Problem]) -> DocumentPlace {
                faults.compactMap { DocumentPlace.split($0.what).place }.max() ?? DocumentPlace(line: 1, column: 1)
            }
            faults += attempts.max { reach($0) < reach($1) } ?? []
        }
    }

    fileprivate static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { preconditionFailure("'\(pattern)' is no regular expression.") }
        return text.wholeMatch(of: expression) != nil
    }
}
