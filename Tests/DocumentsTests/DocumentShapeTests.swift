// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain
import Testing

@Suite("Shapes of documents")
struct DocumentShapeTests {
    private static let shape = DocumentShape.record([
        DocumentField("endpoint", .name, "An endpoint.", isRequired: true),
        DocumentField("kind", .choice(["number", "category"]), "A kind.", standard: "number"),
        DocumentField("rows", .integer(20...100), "Rows."),
        DocumentField("share", .number(NumberRange(above: 0, upTo: 1)), "A share."),
        DocumentField("on", .boolean, "Whether."),
        DocumentField("tags", .list(.text(pattern: "[a-z]+", length: 1...5), count: 1...2), "Tags."),
        DocumentField("more", .map(.either([.scalar, .record([DocumentField("parameter", .text(), "P.", isRequired: true)])])), "More."),
    ])

    private func faults(_ text: String) throws -> [String] {
        try Self.shape.faults(in: DocumentNode.root(of: text, codes: "documents")).map(\.what)
    }

    @Test(
        "take what they describe",
        arguments: [
            "endpoint: e", "{endpoint: e, kind: category, rows: 20, share: 1, on: true, tags: [ab, abcde]}",
            "{endpoint: e, more: {a: 1, b: {parameter: x}}}", #"{"endpoint": "e", "share": 0.5}"#,
        ])
    func good(_ text: String) throws {
        #expect(try faults(text) == [])
    }

    @Test(
        "name line and column of what is wrong",
        arguments: [
            ("endpoint: e\nrows: 3", "Line 2, column 7: 'rows' of the document is not a whole number from 20 to 100."),
            ("endpoint: e\nshare: 0", "Line 2, column 8: 'share' of the document is not a number above 0.0 and at most 1.0."),
            ("endpoint: e\nkind: numbr", "Line 2, column 7: 'kind' of the document is 'numbr'."),
            ("endpoint: e\ntags:\n  - ab\n  - A", "Line 4, column 5: An element of 'tags' of the document is 'A'."),
            ("endpoint: e\ntags: []", "Line 2, column 7: 'tags' of the document is not a list of 1 to 2 elements."),
            ("endpoint: e\nmore:\n  a: {paramter: x}", "Line 3, column 6: 'a' of 'more' of the document has no 'parameter'."),
            ("endpoint: e\n\nénd: 1", "Line 3, column 1: There is no field 'énd' in the document."),
            ("[]", "Line 1, column 1: The document is not a mapping."), ("{}", "Line 1, column 1: The document has no 'endpoint'."),
            ("endpoint: e\non: yes", "Line 2, column 5: 'on' of the document is not true or false."),
        ])
    func bad(_ text: String, fault: String) throws {
        #expect(try faults(text).first == fault)
    }

    @Test("tell all faults at once, in the order of the text, but no more than twenty")
    func many() throws {
        #expect(try faults("{kind: x, rows: x, enpoint: e}").map { $0.split(separator: ":")[0] }.count == 4)
        let fields = (0..<100).map { "f\($0): 1" }.joined(separator: "\n")
        #expect(try faults("endpoint: e\n" + fields).count == DocumentShape.maximumFaults)
    }

    @Test("suggest the field that was meant")
    func suggestion() throws {
        let node = try DocumentNode.root(of: "enpoint: e", codes: "documents")
        let problem = try #require(Self.shape.faults(in: node).last)
        #expect(problem.fix == "Did you mean 'endpoint'?")
        #expect(problem.code == "documents.field.unknown")
    }
}

@Suite("Parts of a file")
struct DocumentPartTests {
    @Test(
        "are divided at markers, keep their lines, and leave out what is only comments",
        arguments: [
            ("a: 1\n", [1]), ("# only\n\n", []), ("---\na: 1\n---\n# nothing\n---\nb: 2\n", [1, 5]),
            ("a: 1\n...\n---\nb: 2\n...\n", [1, 3]),
            ("--- {a: 1}\n--- # comment\nb: 2", [1, 2]), ("a: |\n  text\n---\nb: 2", [1, 3]), ("a: ---b\n----\n", [1]),
            ("a: 1\r\n---\r\nb: 2\r\n", [1, 2]),
        ])
    func divide(_ text: String, lines: [Int]) throws {
        #expect(try DocumentPart.divide(text, codes: "documents").map(\.firstLine) == lines)
    }

    @Test("keep the columns of what stands behind a marker")
    func columns() throws {
        let part = try #require(try DocumentPart.divide("--- {a: 1}", codes: "documents").first)
        let node = try #require(try DocumentNode.root(of: part.text, codes: "documents").members()["a"])
        #expect(node.place == DocumentPlace(line: 1, column: 9))
    }

    @Test("are at most a thousand")
    func limit() throws {
        let text = String(repeating: "---\na: 1\n", count: 1002)
        #expect(throws: Problem.self) { try DocumentPart.divide(text, codes: "documents") }
    }
}

@Suite("Places")
struct DocumentPlaceTests {
    @Test("are taken off the messages that begin with them", arguments: [DocumentPlace(line: 3, column: 17), .init(line: 12, column: 1)])
    func split(_ place: DocumentPlace) {
        let (found, text) = DocumentPlace.split("\(place.text)Line 1, column 2: what")
        #expect(found == place)
        #expect(text == "Line 1, column 2: what")
        #expect(DocumentPlace.split("There is no line 3: x").place == nil)
    }
}
