// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import OnnxRuntime
import Testing

@Suite("What the ONNX adapter refuses")
struct RefusalTests {
    private let row = [Float](repeating: 1, count: 15)

    private func problem(_ body: () throws -> Void) -> Problem? {
        do {
            try body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    private func refusal(of tensors: [Tensor], by model: String, outputs: [String]? = nil) throws -> Problem? {
        let model = try Fixtures.model(model)
        return problem { _ = try model.infer(tensors, outputs: outputs) }
    }

    @Test("bytes that are no model", arguments: [[], [0], Array("not a model".utf8), [UInt8](repeating: 0xff, count: 30)])
    func noModel(bytes: [UInt8]) throws {
        let runtime = try Fixtures.runtime()
        let problem = problem { _ = try runtime.load(bytes) }
        #expect(problem?.kind == .invalid)
        #expect(problem?.code == "serving.model.unreadable")
        #expect(problem?.why?.isEmpty == false)
    }

    @Test("a model cut off anywhere, or with any byte changed, is refused or runs; the process goes on")
    func corruption() throws {
        let runtime = try Fixtures.runtime()
        let whole = try Fixtures.bytes("logistic_regression.onnx")
        let input = Tensor(name: "features", shape: [1, 15], values: .float32(row))
        for length in stride(from: 0, to: whole.count, by: 7) {
            let loaded = try? runtime.load(Array(whole[..<length]))
            _ = try? loaded?.infer([input], outputs: nil)
        }
        for position in stride(from: 0, to: whole.count, by: 5) {
            var changed = whole
            changed[position] ^= 0x55
            let loaded = try? runtime.load(changed)
            _ = try? loaded?.infer([input], outputs: nil)
        }
        #expect(problem { _ = try runtime.load(Array(whole[..<(whole.count / 2)])) }?.code == "serving.model.unreadable")
        #expect(try runtime.load(whole).infer([input], outputs: nil).count == 2)
    }

    @Test("probabilities as a sequence of maps, saying how to export instead")
    func zipmap() throws {
        let problem = problem { _ = try Fixtures.model("zipmap") }
        #expect(problem?.code == "serving.model.unsupported")
        #expect(problem?.fix?.contains("zipmap=False") == true)
    }

    @Test("an element type that tensors do not carry")
    func elementType() throws {
        let problem = problem { _ = try Fixtures.model("float8") }
        #expect(problem?.code == "serving.model.unsupported")
        #expect(problem?.what.contains("'x'") == true)
    }

    @Test("a model that would read another file for its weights")
    func externalWeights() throws {
        let problem = problem { _ = try Fixtures.model("external_weights") }
        #expect(problem?.code == "serving.model.unreadable")
        #expect(problem?.why?.contains("/dev/null/none") == true)
    }

    @Test("an input by a name the model does not have, listing those it has")
    func unknownInput() throws {
        let problem = try refusal(of: [Tensor(name: "feature", shape: [1, 15], values: .float32(row))], by: "logistic_regression")
        #expect(problem?.code == "serving.input.unknown")
        #expect(problem?.why == "Its inputs are 'features'.")
    }

    @Test("missing and repeated inputs")
    func inputSet() throws {
        let left = Tensor(name: "left", shape: [1, 1], values: .float32([1]))
        let missing = try refusal(of: [left], by: "concatenation")
        #expect(missing?.code == "serving.input.missing")
        #expect(missing?.what.contains("'right'") == true)
        #expect(try refusal(of: [left, left], by: "concatenation")?.code == "serving.input.repeated")
        #expect(try refusal(of: [], by: "concatenation")?.code == "serving.input.missing")
    }

    @Test(
        "a tensor of another datatype, naming both",
        arguments: [TensorValues.float64([Double](repeating: 1, count: 15)), .string([String](repeating: "1", count: 15))])
    func datatype(values: TensorValues) throws {
        let problem = try refusal(of: [Tensor(name: "features", shape: [1, 15], values: values)], by: "logistic_regression")
        #expect(problem?.code == "serving.input.datatype")
        #expect(problem?.what == "Input 'features' has datatype \(values.datatype.rawValue); the model takes FP32.")
    }

    @Test(
        "a shape the model does not take",
        arguments: [[], [15], [1, 14], [1, 1, 15], [0, 15], [-1, 15], [Int](repeating: 1, count: 40)] as [[Int]])
    func shape(shape: [Int]) throws {
        let problem = try refusal(of: [Tensor(name: "features", shape: shape, values: .float32(row))], by: "logistic_regression")
        #expect(problem?.kind == .invalid)
        #expect(problem?.code == "serving.input.shape")
        #expect(problem?.what.contains("the model takes [-1,15]") == true)
    }

    @Test("a shape whose product is not the number of elements, even when it overflows", arguments: [2, Int.max, Int.max / 15 + 1])
    func elementCount(rows: Int) throws {
        let problem = try refusal(of: [Tensor(name: "features", shape: [rows, 15], values: .float32(row))], by: "logistic_regression")
        #expect(problem?.code == "serving.input.count")
        #expect(problem?.what == "Input 'features' has 15 elements.")
    }

    @Test("text with a zero character, which the library would cut")
    func zeroCharacter() throws {
        let columns = try Fixtures.model("columns")
        let tensors = columns.inputs.map {
            Tensor(name: $0.name, shape: [1, 1], values: $0.datatype == .string ? .string(["sm\0all"]) : .float32([1]))
        }
        #expect(problem { _ = try columns.infer(tensors, outputs: nil) }?.code == "serving.input.zero")
    }

    @Test("outputs that are unknown or asked for twice")
    func outputs() throws {
        let tensors = [Tensor(name: "features", shape: [1, 15], values: .float32(row))]
        #expect(try refusal(of: tensors, by: "logistic_regression", outputs: ["score"])?.code == "serving.output.unknown")
        #expect(try refusal(of: tensors, by: "logistic_regression", outputs: ["label", "label"])?.code == "serving.output.repeated")
    }

    @Test("columns of different lengths, as the caller's mistake")
    func rows() throws {
        let problem = try refusal(
            of: [
                Tensor(name: "left", shape: [2, 1], values: .float32([1, 2])),
                Tensor(name: "right", shape: [3, 1], values: .float32([1, 2, 3])),
            ], by: "concatenation")
        #expect(problem?.kind == .invalid)
        #expect(problem?.code == "serving.input.rows")
    }

    @Test("tells a model that fails on proper input from a wrong request")
    func failingModel() throws {
        let rows = Tensor(name: "rows", shape: [3, 1], values: .float32([1, 2, 3]))
        let problem = try refusal(of: [rows], by: "failing")
        #expect(problem?.kind == .internal)
        #expect(problem?.code == "serving.model.failed")
        #expect(problem?.why?.isEmpty == false)
    }
}
