// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain
package import Governance

/// Data contracts as documents.
package struct DataContractKind: ShapedDocumentKind {
    package init() {}

    package var name: String { "DataContract" }
    package var summary: String { "What the snapshots of a dataset are held to: columns, values, keys, references, freshness." }
    package var reading: Permission { .snapshotRead }
    package var writing: Permission { .snapshotRecord }

    package var shape: DocumentShape { Self.shape }

    /// The specification that one document's text holds, for checks without a server.
    package static func specification(inFile text: String) throws -> ContractSpecification {
        let parts = try DocumentPart.divide(text, codes: "documents")
        guard parts.count == 1 else {
            throw Problem(
                .invalid, "contracts.file.count", "The file holds \(parts.count) documents.", fix: "Give a file with one DataContract.")
        }
        let kind = DataContractKind()
        let document = try Document(parts[0].text, kinds: [kind.name], codes: "documents")
        if let fault = kind.faults(in: document).first { throw fault }
        return try CanonicalSpec.decode(Stored.self, from: kind.content(of: document, with: [:]).spec).specification(named: document.name)
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        let specification = try Self.specification(document.name, try document.spec.value())
        try specification.validate()
        return DocumentContent(spec: try Self.spec(of: specification))
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        guard let contract = try DataContractTable(transaction: transaction, workspace: workspace).find(name) else { return nil }
        return LiveObject(id: name, spec: try Self.spec(of: contract.specification))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        try DataContracts.apply(try Self.specification(wanted.name, wanted.content.spec), in: change).name
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try DataContracts.delete(name, in: change)
    }

    /// A document has the name in its metadata, a specification in itself.
    static func specification(_ name: String, _ spec: JSONValue) throws -> ContractSpecification {
        try CanonicalSpec.decode(Stored.self, from: spec).specification(named: name)
    }

    static func spec(of specification: ContractSpecification) throws -> JSONValue {
        guard case .object(var members) = try CanonicalSpec.encode(specification) else { return .null }
        members["name"] = nil
        return .object(members)
    }

    /// A specification without its name.
    private struct Stored: Decodable {
        private let spec: JSONValue

        init(from decoder: any Decoder) throws { spec = try JSONValue(from: decoder) }

        func specification(named name: String) throws -> ContractSpecification {
            guard case .object(var members) = spec else {
                throw Problem(.invalid, "contracts.contract.malformed", "The data contract cannot be used.", why: "Its spec is no mapping.")
            }
            members["name"] = .string(name)
            return try CanonicalSpec.decode(ContractSpecification.self, from: .object(members))
        }
    }
}

extension DataContractKind {
    private static let share = DocumentShape.number(NumberRange(from: 0, upTo: 1))
    private static let columnName = DocumentShape.text(length: 1...250)
    private static let severity = DocumentShape.choice(RuleSeverity.allCases.map(\.rawValue))
    private static let count = DocumentShape.integer(0...1_000_000_000_000)
    private static let bound = DocumentShape.either([.number(NumberRange()), .text(length: 1...40)])

    fileprivate static var shape: DocumentShape {
        .record([
            DocumentField("description", .text(length: 0...2_000), "For people."),
            DocumentField("dataset", .name, "The dataset whose snapshots it is about; any when left out."),
            DocumentField(
                "columns", .list(column, count: 0...ContractSpecification.maximumColumns), "What each column is held to.",
                standard: .array([])),
            DocumentField(
                "otherColumns", .choice(ContractSpecification.OtherColumns.allCases.map(\.rawValue)), "Columns that are not named.",
                standard: "allowed"),
            DocumentField(
                "rows",
                .record([
                    DocumentField("atLeast", count, "Fewest rows."), DocumentField("atMost", count, "Most rows."),
                ]), "How many rows there are."),
            DocumentField(
                "keys",
                .list(
                    .record([DocumentField("columns", .list(columnName, count: 1...16), "The columns of the key.", isRequired: true)]),
                    count: 0...ContractSpecification.maximumKeys), "Columns whose values together stand in one row only.",
                standard: .array([])),
            DocumentField(
                "references", .list(reference, count: 0...ContractSpecification.maximumReferences),
                "Values that another dataset's newest snapshot must have.", standard: .array([])),
            DocumentField(
                "freshness",
                .record([
                    DocumentField("column", columnName, "The column with the times.", isRequired: true),
                    DocumentField(
                        "within", .text(pattern: "[0-9]{1,6}[mhd]", length: 2...7), "How old the newest may be, such as 36h or 7d.",
                        isRequired: true),
                    DocumentField("severity", severity, "Whether data that is older makes the contract fail."),
                ]), "How old the newest row may be when the contract is checked."),
            DocumentField(
                "rules", .list(rule, count: 0...ContractSpecification.maximumRules), "Rules of your own.", standard: .array([])),
        ])
    }

    private static var column: DocumentShape {
        .record([
            DocumentField("name", columnName, "The column's name.", isRequired: true),
            DocumentField("type", .choice(ContractColumn.DataType.allCases.map(\.rawValue)), "What its values are."),
            DocumentField("description", .text(length: 0...2_000), "For people."),
            DocumentField("required", .boolean, "Whether data without the column fails.", standard: true),
            DocumentField("nulls", share, "Largest share of rows without a value.", standard: 1),
            DocumentField(
                "range",
                .record([DocumentField("from", bound, "Smallest value allowed."), DocumentField("to", bound, "Largest value allowed.")]),
                "Values between two numbers, dates or times."),
            DocumentField(
                "oneOf",
                .list(.either([.text(length: 0...1_000), .number(NumberRange()), .boolean]), count: 1...ContractColumn.maximumValues),
                "The values that are allowed."),
            DocumentField(
                "matches", .text(length: 1...ContractColumn.maximumPattern), "A regular expression (RE2) that all of a value matches."),
            DocumentField(
                "length",
                .record([
                    DocumentField("from", .integer(0...1_000_000), "Fewest characters."),
                    DocumentField("to", .integer(0...1_000_000), "Most characters."),
                ]), "How long a text is, in characters."),
            DocumentField("unique", .boolean, "Whether no value stands in two rows.", standard: false),
            DocumentField(
                "labels", .list(.name, count: 0...ContractColumn.maximumLabels),
                "Kinds of data; values of columns labelled personal, sensitive, confidential or secret are never shown.",
                standard: .array([])),
            DocumentField("tolerance", share, "Share of the values that may break a rule.", standard: 0),
            DocumentField("severity", severity, "Whether a broken rule of the column makes the contract fail.", standard: "error"),
        ])
    }

    private static let reference = DocumentShape.record([
        DocumentField("columns", .list(columnName, count: 1...16), "The columns that refer.", isRequired: true),
        DocumentField("dataset", .name, "The dataset that is referred to.", isRequired: true),
        DocumentField("key", .list(columnName, count: 1...16), "Its columns, in the same order.", isRequired: true),
    ])

    private static let rule = DocumentShape.record([
        DocumentField("name", .name, "The rule's name.", isRequired: true),
        DocumentField("description", .text(length: 0...2_000), "For people."),
        DocumentField("cel", .text(length: 1...ContractRule.maximumLength), "A condition on each row, in CEL."),
        DocumentField("sql", .text(length: 1...ContractRule.maximumLength), "A condition on each row, in SQL."),
        DocumentField("query", .text(length: 1...ContractRule.maximumLength), "A SELECT from 'data'; each of its rows is a fault."),
        DocumentField("tolerance", share, "Share of the rows that may fail.", standard: 0),
        DocumentField("severity", severity, "Whether a broken rule makes the contract fail.", standard: "error"),
    ])
}
