// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain

/// The kinds of an installation, in the order in which their objects are made: what is referred to comes before what refers to it.
package struct DocumentKinds: Sendable {
    package let all: [any DocumentKind]

    /// - Precondition: No two have the same name.
    package init(_ all: [any DocumentKind]) {
        precondition(Set(all.map(\.name)).count == all.count, "Each kind of documents has a name of its own.")
        self.all = all
    }

    package var names: [String] { all.map(\.name) }

    package func find(_ name: String) -> (any DocumentKind)? { all.first { $0.name == name } }

    /// - Throws: `Problem` `.notFound`.
    package func require(_ name: String) throws(Problem) -> any DocumentKind {
        guard let kind = find(name) else {
            throw Problem(
                .notFound, "documents.kind.unknown", "There is no kind of documents '\(name.printable)'.",
                fix: "The kinds are \(names.joined(separator: ", ")).")
        }
        return kind
    }

    /// One schema for documents of any kind.
    package var schema: JSONValue {
        DocumentShape.anyDocument(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.schema) }))
    }

    /// The place of a kind in the order of making; those that are not known come last.
    func rank(of name: String) -> Int { all.firstIndex { $0.name == name } ?? all.count }
}
