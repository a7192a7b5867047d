// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

/// Expected digests were computed with Python's hashlib and struct from the layout in `StepKey`'s documentation:
/// `sha256(b"".join(struct.pack(">Q", len(t)) + t for t in texts))`.
@Suite("A step's key")
struct StepKeyTests {
    /// SHA-256 of no bytes and of "abc" (FIPS 180-2).
    private let empty = BlobDigest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    private let abc = BlobDigest("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")

    private func whole() throws -> StepKey {
        let empty = try #require(empty)
        let abc = try #require(abc)
        return StepKey(
            command: ["python3", "train.py"], environment: ["a": "zürich", "B": "2", "A": "1"], inputs: ["data": abc],
            source: ["x/é": abc, "train.py": empty], outputs: ["model": "model.onnx"])
    }

    @Test("is the documented digest")
    func digest() throws {
        #expect(StepKey(command: ["true"]).digest.hexadecimal == "8dc1817aa2c7a739acd11f40d311aadd71ad543eb6bd33be0ebd50353ae96a78")
        #expect(try whole().digest.hexadecimal == "cf8815c08b15d9607026732e5661f29a2b3aee3ac57acf0dfd976b175bf78980")
        let tree = try StepKey.digest(ofTree: ["c": #require(empty), "a/b": #require(abc)])
        #expect(tree.hexadecimal == "c5a25fb6256ee164d1b5dc3d4d0b44d234c089ab59ee8f50634a88bfc0992405")
    }

    @Test("changes with every part")
    func parts() throws {
        let whole = try whole()
        let empty = try #require(empty)
        func changed(_ change: (inout StepKey) -> Void) -> BlobDigest {
            var key = whole
            change(&key)
            return key.digest
        }
        let digests = [
            whole.digest, changed { $0.command = ["python3 train.py"] }, changed { $0.command += [""] },
            changed { $0.environment["A"] = "12" },
            changed { $0.environment["C"] = "" }, changed { $0.inputs["data"] = empty },
            changed { $0.inputs = ["date": $0.inputs["data"] ?? empty] },
            changed { $0.source["x/é"] = nil }, changed { $0.outputs["model"] = "model.onn" }, changed { $0.outputs = [:] },
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test(
        "source patterns match paths by segment",
        arguments: [
            ("train.py", "train.py", true), ("train.py", "a/train.py", false), ("*.py", "train.py", true), ("*.py", "a/train.py", false),
            ("flights/**", "flights/a.py", true), ("flights/**", "flights/a/b.py", true), ("flights/**", "flights", false),
            ("flights/**", "flightsx/a", false), ("**/*.py", "train.py", true), ("**/*.py", "a/b/train.py", true), ("**", "a", true),
            ("a/**/z", "a/z", true), ("a/**/z", "a/b/c/z", true), ("a/?.py", "a/b.py", true), ("a/?.py", "a/bc.py", false),
            ("a*b*c", "aXbXc", true),
            ("a*b*c", "aXbX", false),
        ])
    func sources(_ pattern: String, path: String, isMatch: Bool) throws {
        #expect(try SourcePattern(pattern).matches(path) == isMatch)
    }

    @Test(
        "source patterns stay in the folder and are cheap to match",
        arguments: ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\u{0}b", "a\\b"])
    func malformedSources(_ pattern: String) throws {
        #expect(throws: Problem.self) { try SourcePattern(pattern) }
        let costly = try SourcePattern(String(repeating: "*a", count: 200) + "b")
        #expect(!costly.matches(String(repeating: "a", count: 1000)))
    }

    @Test("variables are upper case with underscores")
    func variables() throws {
        #expect(CommandContract.inputVariable("hold-out.2") == "DHOW_INPUT_HOLD_OUT_2")
        #expect(CommandContract.outputVariable("model") == "DHOW_OUTPUT_MODEL")
        #expect(CommandContract.parameterVariable("months") == "DHOW_PARAMETER_MONTHS")
        #expect(try CommandContract.text(1.5) == "1.5")
        #expect(try CommandContract.text("a b") == "a b")
        #expect(throws: Problem.self) { try CommandContract.text([1]) }
    }
}
