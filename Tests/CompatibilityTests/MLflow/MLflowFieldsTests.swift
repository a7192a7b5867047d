// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Testing
import Tracking

@testable import Compatibility

@Suite struct MLflowFieldsTests {
    private func fields(_ json: String) throws -> MLflowFields {
        try Array(json.utf8).withUnsafeBufferPointer { try MLflowFields(try JSONReader.node(in: $0)) }
    }

    @Test("takes whole numbers as numbers or texts, and numbers that are none as words")
    func numbers() throws {
        let fields = try fields(#"{"a": 1, "b": "2", "c": 3.0, "d": "NaN", "e": "-Infinity", "f": 1.5, "g": null, "h": ""}"#)
        #expect(try fields.integer("a") == 1)
        #expect(try fields.integer("b") == 2)
        #expect(try fields.integer("c") == 3)
        #expect(try fields.double("d")?.isNaN == true)
        #expect(try fields.double("e") == -.infinity)
        #expect(try fields.integer("g") == nil)
        #expect(try fields.integer("h") == nil)
        #expect(throws: Problem.self) { try fields.integer("f") }
        #expect(throws: Problem.self) { try fields.integer("d") }
    }

    @Test("reads queries with repeated keys, plus signs and escapes")
    func queries() throws {
        let fields = MLflowFields(query: "a=1&b=x+y%2Bz&c=1&c=2&d=&e")
        #expect(try fields.integer("a") == 1)
        #expect(try fields.text("b") == "x y+z")
        #expect(try fields.texts("c") == ["1", "2"])
        #expect(try fields.texts("a") == ["1"])
        #expect(throws: Problem.self) { try fields.required("d") }
        #expect(throws: Problem.self) { try fields.required("none") }
    }

    @Test("says of a missing or wrong value what MLflow says")
    func words() throws {
        let fields = try fields(#"{"run_id": 31, "max_results": "many", "name": ""}"#)
        #expect(MLflowFields.missing("name").what.hasPrefix("Missing value for required parameter 'name'."))
        let problem = #expect(throws: Problem.self) { try fields.integer("max_results") }
        #expect(problem?.what.hasPrefix("Invalid value \"many\" for parameter 'max_results' supplied.") == true)
    }

    @Test(
        "lets no location or source name a file of the server",
        arguments: [
            "/etc/passwd", "etc", "file:///etc", "FILE:///etc", "file:/etc", "%66ile:///etc", "%2566ile:///etc", "s3://bucket/../x",
            "s3://bucket/%2e%2e/x", "s3://bucket/%252e%252e/x", "s3://bucket/a#b", "s3://bucket/a?b", "http:\\\\x", "://x", "",
        ])
    func foreign(text: String) {
        #expect(throws: Problem.self) { try ArtifactURI.requireForeign(text) }
    }

    @Test("finds the path in our own URIs, and only there")
    func paths() throws {
        #expect(try ArtifactURI.path(in: "mlflow-artifacts:/1/r/a%20b") == ArtifactPath("1/r/a b"))
        #expect(try ArtifactURI.path(in: "mlflow-artifacts://host:80/1/r/") == ArtifactPath("1/r"))
        #expect(try ArtifactURI.path(in: "https://h/api/2.0/mlflow-artifacts/artifacts/1/r") == ArtifactPath("1/r"))
        #expect(try ArtifactURI.path(in: "s3://bucket/x") == nil)
        for text in ["mlflow-artifacts:/../x", "mlflow-artifacts:/a/%2e%2e/x", "mlflow-artifacts:/a#/../x", "mlflow-artifacts:/a?x"] {
            #expect(throws: Problem.self) { try ArtifactURI.path(in: text) }
        }
    }

    @Test(
        "gives the bytes a range asks for",
        arguments: [
            ("bytes=0-4", 0..<5), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10), ("bytes=8-99", 8..<10), ("bytes=-99", 0..<10),
            ("Bytes= 9 - 9 ", 9..<10), ("bytes=0-99999999999999999999", 0..<10),
        ] as [(String, Range<Int64>)])
    func ranges(text: String, expected: Range<Int64>) {
        #expect(ByteRange(text)?.bounds(of: 10) == expected)
    }

    @Test("has nothing for ranges beyond the file", arguments: ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-"])
    func unsatisfiableRanges(text: String) throws {
        #expect(try #require(ByteRange(text)).bounds(of: 10) == nil)
    }

    @Test(
        "ignores what is no single range", arguments: ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=--1", ""])
    func ignoredRanges(text: String) {
        #expect(ByteRange(text) == nil)
    }

    @Test("has no range in an empty file") func emptyFile() {
        #expect(ByteRange("bytes=0-")?.bounds(of: 0) == nil)
        #expect(ByteRange("bytes=-5")?.bounds(of: 0) == nil)
    }

    @Test("knows types by the ending of a name") func mediaTypes() {
        for (name, type) in [
            ("a.JSON", "application/json"), ("plot.png", "image/png"), ("MLmodel", "application/yaml"),
            ("weights", "application/octet-stream"),
            ("a.tar.gz", "application/gzip"), ("x.pkl", "application/octet-stream"),
        ] { #expect(MediaType.ofFile(named: name) == type) }
    }

    @Test("keeps prompts out of searches that do not ask for them")
    func prompts() throws {
        let tag = SearchSubject(.tag, PromptFilter.tag)
        #expect(try PromptFilter.comparisons(in: "name = 'x'").last == Comparison(tag, .isNull, .none))
        #expect(try PromptFilter.comparisons(in: "tags.`mlflow.prompt.is_prompt` = 'true'") == [Comparison(tag, .equal, .text("true"))])
        #expect(try PromptFilter.comparisons(in: "tags.`mlflow.prompt.is_prompt` != 'true'") == [Comparison(tag, .isNull, .none)])
    }
}
