// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Testing

/// A model of Tests/Golden/trees.
struct GoldenModel: Sendable, CustomTestStringConvertible {
    var name: String
    var ending: String
    /// Name and shape of each output; the last is what the Python library answers.
    var outputs: [String: [Int]]

    var testDescription: String { name }
    var last: String { outputs["probability"] == nil ? "prediction" : "probability" }

    static let all = [
        GoldenModel(name: "xgboost_binary", ending: "ubj", outputs: ["prediction": [-1, 1], "probability": [-1, 1]]),
        GoldenModel(name: "xgboost_early", ending: "ubj", outputs: ["prediction": [-1, 1], "probability": [-1, 1]]),
        GoldenModel(name: "xgboost_multiclass", ending: "json", outputs: ["prediction": [-1, 1], "probability": [-1, 3]]),
        GoldenModel(name: "xgboost_label", ending: "ubj", outputs: ["prediction": [-1, 1]]),
        GoldenModel(name: "xgboost_regression", ending: "ubj", outputs: ["prediction": [-1, 1]]),
        GoldenModel(name: "lightgbm_binary", ending: "txt", outputs: ["prediction": [-1, 1], "probability": [-1, 1]]),
        GoldenModel(name: "lightgbm_multiclass", ending: "lgb", outputs: ["prediction": [-1, 1], "probability": [-1, 3]]),
        GoldenModel(name: "lightgbm_regression", ending: "txt", outputs: ["prediction": [-1, 1]]),
    ]

    func load() throws -> any LoadedModel { try Fixtures.model(name, "\(name).\(ending)") }
}

@Suite("Models of trees")
struct PredictionTests {
    @Test("answer what their own Python answers, all rows at once and one by one, missing values included", arguments: GoldenModel.all)
    func answers(golden: GoldenModel) throws {
        let model = try golden.load()
        let expected = try Fixtures.expected(golden.name)
        #expect(Dictionary(uniqueKeysWithValues: model.outputs.map { ($0.name, $0.shape) }) == golden.outputs)
        let all = try model.infer(expected.tensors(), outputs: [golden.last])
        #expect(greatestDifference(all[0].values.doubles, expected.answers.flatMap(\.self)) < 1e-5)
        for row in expected.rows.indices {
            let one = try model.infer(expected.tensors(row..<row + 1), outputs: [golden.last])
            #expect(one[0].shape == [1, expected.answers[row].count])
            #expect(greatestDifference(one[0].values.doubles, expected.answers[row]) < 1e-5)
        }
    }

    @Test("name the likeliest class", arguments: GoldenModel.all.filter { $0.outputs["probability"] != nil })
    func classes(golden: GoldenModel) throws {
        let expected = try Fixtures.expected(golden.name)
        let answer = try golden.load().infer(expected.tensors(), outputs: nil)
        #expect(answer.map(\.name) == ["prediction", "probability"])
        let likeliest = expected.answers.map { row -> Double in
            if row.count == 1 { return row[0] > 0.5 ? 1 : 0 }
            return Double(row.indices.max { row[$0] < row[$1] } ?? 0)
        }
        #expect(answer[0].values.doubles == likeliest)
        if let labels = expected.labels { #expect(answer[0].values == .int64(labels)) }
    }

    @Test("take a tensor for each feature that has a name, in any order and of any number type, and else one of all features")
    func inputs() throws {
        let model = try GoldenModel.all[0].load()
        let expected = try Fixtures.expected("xgboost_binary")
        #expect(model.inputs.map(\.name) == expected.names)
        #expect(model.inputs.allSatisfy { $0.shape == [-1, 1] && $0.datatype == .float32 })
        let answer = try model.infer(expected.tensors().reversed(), outputs: ["probability"])
        #expect(greatestDifference(answer[0].values.doubles, expected.answers.flatMap(\.self)) < 1e-5)
        let matrix = try GoldenModel.all[6].load()
        #expect(matrix.inputs == [TensorSpecification(name: "features", datatype: .float64, shape: [-1, 5])])
        let whole = try matrix.infer([Tensor(name: "features", shape: [1, 5], values: .int64([1, 2, 3, 4, 5]))], outputs: nil)
        let exact = try matrix.infer([Tensor(name: "features", shape: [1, 5], values: .float64([1, 2, 3, 4, 5]))], outputs: nil)
        #expect(whole == exact)
    }

    @Test("refuse what does not fit and name it", arguments: [0, 5])
    func refusals(index: Int) throws {
        let golden = GoldenModel.all[index]
        let model = try golden.load()
        let right = try Fixtures.expected(golden.name).tensors(0..<2)
        var cases: [(code: String, tensors: [Tensor])] = [
            ("serving.input.missing", Array(right.dropLast())), ("serving.input.missing", []),
            ("serving.input.repeated", right.dropLast() + [right[0]]),
        ]
        func replacing(_ tensor: Tensor) -> [Tensor] { [tensor] + right.dropFirst() }
        let name = right[0].name
        cases += [
            ("serving.input.unknown", replacing(Tensor(name: "other", shape: [2, 1], values: .float32([1, 2])))),
            ("serving.input.datatype", replacing(Tensor(name: name, shape: [2, 1], values: .string(["a", "b"])))),
            ("serving.input.shape", right.dropLast() + [Tensor(name: right[5].name, shape: [3, 1], values: .float32([1, 2, 3]))]),
            ("serving.input.shape", replacing(Tensor(name: name, shape: [2, 2], values: .float32([1, 2, 3, 4])))),
            ("serving.input.shape", replacing(Tensor(name: name, shape: [2, 1], values: .float32([1])))),
            ("serving.input.shape", replacing(Tensor(name: name, shape: [0, 1], values: .float32([])))),
        ]
        for (code, tensors) in cases {
            let problem = #expect(throws: Problem.self) { _ = try model.infer(tensors, outputs: nil) }
            #expect(problem?.code == code)
            #expect(problem?.kind == .invalid)
        }
        let output = #expect(throws: Problem.self) { _ = try model.infer(right, outputs: ["score"]) }
        #expect(output?.code == "serving.output.unknown")
    }

    @Test("answer many threads at once with the same numbers", arguments: [0, 4, 5, 6])
    func threads(index: Int) async throws {
        let golden = GoldenModel.all[index]
        let model = try golden.load()
        let expected = try Fixtures.expected(golden.name)
        try await withThrowingTaskGroup(of: Double.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var worst = 0.0
                    for row in expected.rows.indices {
                        let one = try model.infer(expected.tensors(row..<row + 1), outputs: [golden.last])
                        worst = max(worst, greatestDifference(one[0].values.doubles, expected.answers[row]))
                    }
                    return worst
                }
            }
            for try await worst in group { #expect(worst < 1e-5) }
        }
    }
}
