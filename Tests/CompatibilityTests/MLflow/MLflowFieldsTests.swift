// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Testing
import Tracking

@testable import Compatibility

@Suite struct MLflowFieldsTests {
    @Test("takes whole numbers as numbers or texts, and numbers that are none as words")
    func numbers() throws {
        let fields = try MLflowFields(["a": 1, "b": "2", "c": 3.0, "d": "NaN", "e": "-Infinity", "f": 1.5, "g": nil, "h": ""])
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
        let fields = try MLflowFields(["run_id": 31, "max_results": "many", "name": ""])
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

    @Test("gives the bytes a range asks for")
    func ranges() throws {
        for (text, expected) in [("bytes=0-4", 0..<5), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10), ("bytes=8-99", 8..<10)]
            as [(String, Range<Int64>)]
        {
            #expect(try ByteRange(text).bounds(of: 10) == expected)
        }
        for text in ["bytes=10-", "bytes=5-2", "bytes=-0", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=--1"] {
            #expect(throws: Problem.self) { try ByteRange(text).bounds(of: 10) }
        }
    }

    @Test("keeps prompts out of searches that do not ask for them")
    func prompts() throws {
        let tag = SearchSubject(.tag, PromptFilter.tag)
        #expect(try PromptFilter.comparisons(in: "name = 'x'").last == Comparison(tag, .isNull, .none))
        #expect(try PromptFilter.comparisons(in: "tags.`mlflow.prompt.is_prompt` = 'true'") == [Comparison(tag, .equal, .text("true"))])
        #expect(try PromptFilter.comparisons(in: "tags.`mlflow.prompt.is_prompt` != 'true'") == [Comparison(tag, .isNull, .none)])
    }
}
