// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Pipelines
import Testing

@Suite("The schema of pipelines")
struct PipelineSchemaTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let python = root.appending(path: ".venv/bin/python")

    /// Reads a schema and documents, and writes for each document whether it fits.
    private static let program = """
        import json, sys, yaml
        from jsonschema import Draft202012Validator
        given = json.load(sys.stdin)
        Draft202012Validator.check_schema(given["schema"])
        validator = Draft202012Validator(given["schema"])
        json.dump([validator.is_valid(yaml.safe_load(text)) for text in given["documents"]], sys.stdout)
        """

    private static let isThere: Bool =
        FileManager.default.isExecutableFile(atPath: python.path) && (try? run("import jsonschema, yaml", input: Data())) != nil

    @Test("says of each document what the parser says, but for what a schema cannot say", .enabled(if: isThere, "jsonschema is not there"))
    func agreement() throws {
        let cases = PipelineCase.good + PipelineCase.bad
        var documents = cases.map(\.document)
        for name in ["pipeline", "drill"] {
            documents.append(try String(contentsOf: Self.root.appending(path: "Examples/flights/\(name).yaml"), encoding: .utf8))
        }
        let given: JSONValue = ["schema": PipelineSchema.document, "documents": .array(documents.map { .string($0) })]
        let verdicts = try JSONDecoder().decode([Bool].self, from: try Self.run(Self.program, input: Data(given.jsonText.utf8)))
        #expect(verdicts.count == documents.count)
        for (example, isValid) in zip(cases, verdicts) {
            #expect(
                isValid == (example.refusal == nil || !example.schemaSays),
                "\(example.refusal?.code ?? "good"): \(example.document.suffix(200))")
        }
        #expect(verdicts.suffix(2) == [true, true])
    }

    @Test("describes every field and names only definitions that are there")
    func definitions() {
        let definitions = PipelineSchema.document["$defs"]
        var open = [PipelineSchema.document]
        while let part = open.popLast() {
            switch part {
            case .array(let elements): open += elements
            case .object(let members):
                if let name = members["$ref"]?.text { #expect(definitions?[String(name.dropFirst(8))] != nil, "\(name)") }
                open += members.values
            default: break
            }
        }
    }

    private static func run(_ program: String, input: Data) throws -> Data {
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", program]
        let (given, taken) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = taken
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The program reads all it is given before it writes.
        try given.fileHandleForWriting.write(contentsOf: input)
        try given.fileHandleForWriting.close()
        let output = try taken.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return output
    }
}
