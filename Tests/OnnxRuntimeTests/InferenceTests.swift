// SPDX-License-Identifier: Apache-2.0

import Backends
import Testing

@Suite("Inference with ONNX Runtime")
struct InferenceTests {
    @Test("gives scikit-learn's labels and probabilities for a matrix of numbers", arguments: ["logistic_regression", "gradient_boosting"])
    func matrix(name: String) throws {
        let expected = try Fixtures.expected()
        let answers = name == "logistic_regression" ? expected.logisticRegression : expected.gradientBoosting
        let result = try Fixtures.model(name).infer([expected.features], outputs: nil)

        #expect(result.map(\.name) == ["label", "probabilities"])
        #expect(result.map(\.shape) == [[90], [90, 2]])
        #expect(result[0].integers == answers.label)
        #expect(greatestDifference(result[1].floats, answers.probabilities) < 1e-6)
    }

    @Test("answers one row at a time as it answers all rows together")
    func singleRows() throws {
        let expected = try Fixtures.expected()
        let model = try Fixtures.model("gradient_boosting")
        for (row, probabilities) in zip(expected.rows, expected.gradientBoosting.probabilities) {
            let result = try model.infer([Tensor(name: "features", shape: [1, 15], values: .float32(row))], outputs: ["probabilities"])
            #expect(greatestDifference(result.first?.floats, [probabilities]) < 1e-6)
        }
    }

    @Test("takes one tensor for each column, text among them, in any order", arguments: [false, true])
    func columns(reversed: Bool) throws {
        let expected = try Fixtures.expected().columns
        let model = try Fixtures.model("columns")
        var tensors = model.inputs.compactMap { input in
            expected.numeric[input.name].map { Tensor(name: input.name, shape: [$0.count, 1], values: .float32($0)) }
        }
        tensors.append(Tensor(name: "size", shape: [expected.size.count, 1], values: .string(expected.size)))
        let result = try model.infer(reversed ? tensors.reversed() : tensors, outputs: nil)

        #expect(model.inputs.map(\.datatype) == Array(repeating: .float32, count: 5) + [.string])
        #expect(result[0].strings == expected.label)
        #expect(greatestDifference(result[1].floats, expected.probabilities) < 1e-6)
    }

    @Test("carries every datatype in and out without loss")
    func datatypes() throws {
        let model = try Fixtures.model("datatypes")
        let given: [TensorValues] = [
            .float32([1.5, -.infinity, 0, .greatestFiniteMagnitude / 2]), .float64([1e300, -1e-300, 0.1, 0]),
            .int64([1 << 61, -3, 0, 7]), .int32([1 << 29, -(1 << 29), 0, -1]), .bool([true, false, false, true]),
            .string(["", "plain", "größer ≥ 16 🚢", String(repeating: "long ", count: 1000)]),
            .float16([1.5, -.infinity, 0, 65504]), .bfloat16([1.5, -0.1, 0, 3e38].map { BFloat16($0) }), .int16([.min, -1, 0, .max]),
            .int8([.min, -1, 0, .max]), .uint64([0, 1, 1 << 63, .max]), .uint32([0, 1, 1 << 31, .max]), .uint16([0, 1, 1 << 15, .max]),
            .uint8([0, 1, 128, 255]),
        ]
        let doubled: [TensorValues] =
            [
                .float32([3, -.infinity, 0, .greatestFiniteMagnitude]), .float64([2e300, -2e-300, 0.2, 0]),
                .int64([1 << 62, -6, 0, 14]), .int32([1 << 30, -(1 << 30), 0, -2]), .bool([false, true, true, false]),
            ] + given[5...]
        let inputs = zip(model.inputs, given).map { Tensor(name: $0.name, shape: [2, 2], values: $1) }
        let result = try model.infer(inputs, outputs: nil)

        #expect(model.inputs.map(\.datatype) == TensorDatatype.allCases)
        #expect(model.inputs.map(\.shape) == Array(repeating: [-1, 2], count: 14))
        #expect(result.map(\.values) == doubled)
        #expect(result.map(\.shape) == Array(repeating: [2, 2], count: 14))
    }

    @Test("carries bytes that are no text in and out")
    func bytes() throws {
        let given = TensorValues.bytes([[0xFF, 0xFE], Array("text".utf8), [], [0xC3]])
        let model = try Fixtures.model("datatypes")
        let others = model.inputs.map { input in
            Tensor(name: input.name, shape: [2, 2], values: input.datatype == .string ? given : zeros(of: input.datatype))
        }
        #expect(try model.infer(others, outputs: ["out_string"]).map(\.values) == [given])
    }

    private func zeros(of datatype: TensorDatatype) -> TensorValues {
        switch datatype {
        case .float32: .float32([0, 0, 0, 0])
        case .float64: .float64([0, 0, 0, 0])
        case .int64: .int64([0, 0, 0, 0])
        case .int32: .int32([0, 0, 0, 0])
        case .bool: .bool([false, false, false, false])
        case .string: .string(["", "", "", ""])
        case .float16: .float16([0, 0, 0, 0])
        case .bfloat16: .bfloat16([0, 0, 0, 0].map { BFloat16($0) })
        case .int16: .int16([0, 0, 0, 0])
        case .int8: .int8([0, 0, 0, 0])
        case .uint64: .uint64([0, 0, 0, 0])
        case .uint32: .uint32([0, 0, 0, 0])
        case .uint16: .uint16([0, 0, 0, 0])
        case .uint8: .uint8([0, 0, 0, 0])
        }
    }

    @Test("gives the outputs that were asked for, in that order")
    func chosenOutputs() throws {
        let features = try Fixtures.expected().features
        let model = try Fixtures.model("logistic_regression")
        #expect(try model.infer([features], outputs: ["probabilities", "label"]).map(\.name) == ["probabilities", "label"])
        #expect(try model.infer([features], outputs: ["label"]).map(\.name) == ["label"])
        #expect(try model.infer([features], outputs: []).map(\.name) == ["label", "probabilities"])
    }

    @Test("answers many callers of one model at once, each its own rows")
    func concurrency() async throws {
        let expected = try Fixtures.expected()
        let model = try Fixtures.model("logistic_regression")
        let differences = try await withThrowingTaskGroup(of: Double.self) { group in
            for (row, probabilities) in zip(expected.rows, expected.logisticRegression.probabilities) {
                group.addTask {
                    var greatest = 0.0
                    for _ in 0..<50 {
                        let input = Tensor(name: "features", shape: [1, 15], values: .float32(row))
                        let result = try model.infer([input], outputs: ["probabilities"])
                        greatest = max(greatest, greatestDifference(result[0].floats, [probabilities]))
                    }
                    return greatest
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(differences.count == 90)
        #expect(differences.allSatisfy { $0 < 1e-6 })
    }

    @Test("keeps the library while a model made by it lives")
    func lifetime() throws {
        let features = try Fixtures.expected().features
        let models = try (0..<20).map { _ in try Fixtures.model("logistic_regression") }
        for model in models { #expect(try model.infer([features], outputs: nil).count == 2) }
    }
}
