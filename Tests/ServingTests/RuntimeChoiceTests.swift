// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Serving

@Suite("Which runtime answers with a version")
struct RuntimeChoiceTests {
    private static let version = ServedVersion(workspace: "default", model: "m", number: 1)
    private static let xgboostText = #"{"learner":{"attributes":{}}}"#
    private static let lightGBMText = "tree\nversion=v4\nnum_class=1\n"

    /// The choice among files with these contents.
    private func choose(_ files: [String: String]) async throws -> RuntimeChoice {
        var served: [ServedFile] = []
        var contents: [BlobDigest: [UInt8]] = [:]
        for (number, (path, text)) in files.sorted(by: { $0.key < $1.key }).enumerated() {
            let digest = BlobDigest(sha256: [UInt8](repeating: UInt8(number), count: 32))
            served.append(ServedFile(path: path, digest: digest, size: Int64(text.utf8.count)))
            contents[digest] = Array(text.utf8)
        }
        let known = contents
        return try await RuntimeChoice.choose(among: served, of: Self.version) { file, limit in
            Array((known[file.digest] ?? []).prefix(Int(limit)))
        }
    }

    private func flavors(_ lines: String) -> String { "flavors:\n  python_function:\n    loader_module: m\n\(lines)" }

    @Test(
        "one file of a runtime's own format is enough",
        arguments: [
            ("model.onnx", "", ModelFormat.onnx), ("a/b/Model.ONNX", "", .onnx), ("model.ubj", "", .xgboost), ("model.xgb", "", .xgboost),
            ("model.json", xgboostText, .xgboost), ("model.json", "\n{ \"learner\": {}}", .xgboost), ("model.lgb", "", .lightgbm),
            ("model.txt", lightGBMText, .lightgbm), ("model.txt", "tree\r\nversion=v4\r\n", .lightgbm),
        ])
    func single(path: String, text: String, format: ModelFormat) async throws {
        let choice = try await choose([path: text, "README.md": "", "requirements.txt": "numpy", "input_example.json": "{}"])
        guard case .file(let file, format) = choice else {
            Issue.record("\(choice)")
            return
        }
        #expect(file.path == path)
    }

    @Test("an MLflow folder goes to the native runtime when its flavor says so, else to a server of its own")
    func folders() async throws {
        let onnx = try await choose(["MLmodel": flavors("  onnx:\n    data: model.onnx\n"), "model.onnx": "", "model.pkl": ""])
        guard case .file(let file, .onnx) = onnx else { throw Unexpected(onnx) }
        #expect(file.path == "model.onnx")
        let xgboost = try await choose(["m/MLmodel": flavors("  xgboost:\n    data: model.ubj\n"), "m/model.ubj": ""])
        guard case .file(let booster, .xgboost) = xgboost else { throw Unexpected(xgboost) }
        #expect(booster.path == "m/model.ubj")
        let lightGBM = try await choose(["MLmodel": flavors("  lightgbm:\n    data: model.lgb\n"), "model.lgb": ""])
        guard case .file(_, .lightgbm) = lightGBM else { throw Unexpected(lightGBM) }
        for lines in ["  lightgbm:\n    data: model.pkl\n", "  sklearn:\n    pickled_model: model.pkl\n", ""] {
            let other = try await choose(["m/MLmodel": flavors(lines), "m/model.pkl": "", "m/artifacts/part.onnx": ""])
            guard case .folder("m/", _) = other else { throw Unexpected(other) }
        }
    }

    @Test("a file MLmodel that is none of MLflow's is left out of account")
    func unreadable() async throws {
        for text in ["", "\0", "flavors: []", "- a", "flavors: {}", "a: &a [*a]"] {
            let choice = try await choose(["MLmodel": text, "model.onnx": ""])
            guard case .file(_, .onnx) = choice else { throw Unexpected(choice) }
        }
    }

    @Test("a server elsewhere comes before everything else")
    func remote() async throws {
        let choice = try await choose(["dhow-remote.json": "{}", "MLmodel": flavors(""), "model.onnx": ""])
        guard case .remote(let file, .some) = choice else { throw Unexpected(choice) }
        #expect(file.path == "dhow-remote.json")
    }

    @Test("none, several, and a folder without its file are refused with what was found")
    func refusals() async throws {
        let none = await #expect(throws: Problem.self) {
            _ = try await choose(["model.pkl": "", "notes.txt": "tree of life", "a.json": "{}"])
        }
        #expect(none?.code == "serving.model.file-missing")
        let several = await #expect(throws: Problem.self) {
            _ = try await choose(["a.onnx": "", "b.ubj": "", "c.txt": Self.lightGBMText])
        }
        #expect(several?.code == "serving.model.file-ambiguous")
        #expect(several?.why == "It has 3 that are models: 'a.onnx' (ONNX), 'b.ubj' (XGBoost), 'c.txt' (LightGBM).")
        let gone = await #expect(throws: Problem.self) {
            _ = try await choose(["MLmodel": flavors("  onnx:\n    data: model.onnx\n"), "other.onnx": ""])
        }
        #expect(gone?.code == "serving.model.file-missing")
    }

    private struct Unexpected: Error {
        let choice: String
        init(_ choice: RuntimeChoice) { self.choice = "\(choice)" }
    }
}
