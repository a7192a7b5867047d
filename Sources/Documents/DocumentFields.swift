// SPDX-License-Identifier: Apache-2.0

import Domain
import Yams

/// The fields of a mapping; those that are not known have been refused.
package struct DocumentFields {
    package let node: DocumentNode
    /// Then what is missing is likely the misspelt one, and is not refused as well.
    package let hasUnknown: Bool
    private let members: [String: DocumentNode]

    init(node: DocumentNode, hasUnknown: Bool, members: [String: DocumentNode]) {
        self.node = node
        self.hasUnknown = hasUnknown
        self.members = members
    }

    package subscript(_ name: String) -> DocumentNode? { members[name] }

    /// A field that must be there; nil when it is not, which has then been refused.
    package func required(_ name: String, fix: String, _ problems: DocumentProblems) -> DocumentNode? {
        if let member = members[name] { return member }
        if !hasUnknown { problems.add(node.missing(name, fix: fix)) }
        return nil
    }
}

extension DocumentNode {
    /// The fields of a mapping; nil, and it is refused, when it is none.
    package func fields(_ known: [String], _ problems: DocumentProblems) -> DocumentFields? {
        guard let mapping = node.mapping else {
            problems.add(wrongType("a mapping"))
            return nil
        }
        var members: [String: DocumentNode] = [:]
        var hasUnknown = false
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                problems.add(problem("field.malformed", "A field's name is not text.", fix: "Write names as plain text.", at: key))
                continue
            }
            guard known.contains(name) else {
                hasUnknown = true
                problems.add(
                    problem(
                        "field.unknown", "There is no field '\(name.printable)' in \(subject).",
                        fix: Self.suggestion(for: name, among: known) ?? "The fields are \(known.joined(separator: ", ")).", at: key))
                continue
            }
            members[name] = DocumentNode(node: value, subject: "'\(name)' of \(subject)", codes: codes)
        }
        return DocumentFields(node: self, hasUnknown: hasUnknown, members: members)
    }

    /// One member of a mapping; nil when there is none, or no mapping.
    package func member(_ name: String) -> DocumentNode? {
        guard let mapping = node.mapping else { return nil }
        for (key, value) in mapping where key.scalar?.string == name {
            return DocumentNode(node: value, subject: "'\(name)' of \(subject)", codes: codes)
        }
        return nil
    }

    /// What stands at the end of a path of fields and places in lists, as far as it leads.
    package func located(_ path: [String]) -> DocumentNode {
        var place = self
        for part in path {
            if let next = place.member(part) {
                place = next
            } else if let sequence = place.node.sequence, let position = Int(part), sequence.indices.contains(position) {
                place = DocumentNode(node: sequence[position], subject: subject, codes: codes)
            } else {
                break
            }
        }
        return place
    }
}
