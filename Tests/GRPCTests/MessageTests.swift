// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import GRPCCore
import Serving
import SwiftProtobuf
import Testing

@testable import GRPC

@Suite("Messages of the inference service")
struct MessageTests {
    private static let typed: [TensorValues] = [
        .float32([1.5, -.infinity]), .float64([0.1, .leastNonzeroMagnitude]), .int64([.min, .max]), .int32([.min, .max]),
        .bool([true, false]),
        .string(["é", ""]), .bytes([[0xFF], []]), .int16([.min, .max]), .int8([.min, .max]), .uint64([0, .max]), .uint32([0, .max]),
        .uint16([0, .max]), .uint8([0, .max]),
    ]
    private static let rawOnly: [TensorValues] = [.float16([0.1, -1]), .bfloat16([BFloat16(0.1), BFloat16(-1)])]

    private func input(_ values: TensorValues, shape: [Int64] = [2], name: String = "x") -> Inference_ModelInferRequest.InferInputTensor {
        .with {
            $0.name = name
            $0.datatype = values.datatype.rawValue
            $0.shape = shape
            if let contents = Inference_InferTensorContents(values) { $0.contents = contents }
        }
    }

    private func answer(_ values: [TensorValues]) -> InferenceAnswer {
        InferenceAnswer(
            id: "01K", endpoint: "flights", versions: [3, 4],
            outputs: values.enumerated().map { Tensor(name: "o\($0)", shape: [2], values: $1) })
    }

    @Test("typed contents come back as they were, of every type that has them")
    func typedContents() throws {
        for values in Self.typed {
            let request = Inference_ModelInferRequest.with { $0.inputs = [input(values)] }
            #expect(try request.request().inputs == [Tensor(name: "x", shape: [2], values: values)])
        }
        for values in Self.rawOnly { #expect(Inference_InferTensorContents(values) == nil) }
    }

    @Test("a raw answer to a raw request, a typed one to a typed request unless a type is raw only")
    func answers() throws {
        let typed = Inference_ModelInferRequest.with { $0.inputs = [input(.bool([true, false]))] }
        let raw = Inference_ModelInferRequest.with {
            $0.id = "mine"
            $0.rawInputContents = [Data([1, 0])]
        }
        let first = Inference_ModelInferResponse(answer(Self.typed), to: typed)
        #expect(first.rawOutputContents.isEmpty && first.outputs.count == Self.typed.count)
        #expect(try first.outputs[3].contents.values(.int32, of: "o") == Self.typed[3])
        #expect(first.id == "01K" && first.modelVersion == "3,4" && first.parameters["prediction_id"]?.stringParam == "01K")
        let second = Inference_ModelInferResponse(answer(Self.typed), to: raw)
        #expect(second.rawOutputContents.count == Self.typed.count && second.outputs.allSatisfy { !$0.hasContents })
        #expect(second.id == "mine" && second.rawOutputContents[9] == Data([0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 8)))
        let third = Inference_ModelInferResponse(answer([.int32([1, 2])] + Self.rawOnly), to: typed)
        #expect(third.rawOutputContents.count == 3 && third.outputs.allSatisfy { !$0.hasContents })
    }

    @Test("says which input is wrong and why")
    func refusals() throws {
        var lying = input(.int8([1, 2]))
        lying.contents.intContents = [1, 128]
        var unknown = input(.int8([1, 2]))
        unknown.datatype = "FP8"
        var half = input(.int8([1, 2]))
        half.datatype = "FP16"
        var shared = input(.int8([1, 2]))
        shared.parameters["shared_memory_region"] = .with { $0.stringParam = "region" }
        let cases: [([Inference_ModelInferRequest.InferInputTensor], [Data], String)] = [
            ([lying], [], "Element 1 of input 'x' is 128"), ([unknown], [], "'FP8'"), ([half], [], "raw bytes only"),
            ([shared], [], "Shared memory"),
            ([input(.int8([1]))], [], "needs 2"), ([input(.int8([]))], [], "needs 2"),
            ([input(.int8([1, 2]), shape: [-1])], [], "cannot be"),
            ([input(.int8([1, 2]), shape: [1 << 62, 4])], [], "cannot be"),
            ([input(.int8([1, 2]), shape: [Int64](repeating: 1, count: 40) + [2])], [], "cannot be"),
            ([input(.int8([1, 2])), input(.int8([1, 2]))], [], "given twice"), ([input(.int8([1, 2]))], [Data([1, 2])], "both"),
            ([input(.float16([1, 2]))], [Data([1, 2, 3])], "cannot be read"),
            ([input(.float16([1, 2]))], [Data(), Data()], "raw bytes of 2"),
            ([input(.float16([1, 2]), shape: [1 << 62])], [Data()], "cannot be read"),
        ]
        for (inputs, raw, says) in cases {
            let request = Inference_ModelInferRequest.with {
                $0.inputs = inputs
                $0.rawInputContents = raw
            }
            let problem = #expect(throws: Problem.self, "\(says)") { try request.request() }
            #expect(problem?.kind == .invalid)
            #expect(problem?.description.contains(says) == true, "\(says): \(problem?.description ?? "")")
        }
    }

    @Test(
        "reads the client's deadline as gRPC writes it",
        arguments: [
            ("5S", .seconds(5)), ("100m", .milliseconds(100)), ("7u", .microseconds(7)), ("9n", .nanoseconds(9)), ("2M", .seconds(120)),
            ("99999999H", .seconds(99_999_999 * 3600)), ("", nil), ("S", nil), ("-1S", nil), ("1000000000S", nil), ("5s", nil), ("1.5S", nil),
        ] as [(String, Duration?)])
    func deadline(text: String, timeout: Duration?) {
        let begun = ContinuousClock.now
        let call = Call(metadata: ["grpc-timeout": "\(text)"], begun: begun, admitted: nil)
        #expect(call.deadline == timeout.map { begun + $0 })
        #expect(Call(metadata: [:], begun: begun, admitted: nil).deadline == nil)
    }

    @Test("reads outputs and the moment that the rows are about")
    func parameters() throws {
        let request = Inference_ModelInferRequest.with {
            $0.inputs = [input(.bool([true, false]))]
            $0.outputs = [.with { $0.name = "b" }, .with { $0.name = "a" }]
            $0.parameters["event_time"] = .with { $0.int64Param = 7 }
            $0.parameters["priority"] = .with { $0.uint64Param = 1 }
        }
        #expect(try request.request().outputs == ["b", "a"])
        #expect(try request.request().time == Timestamp(milliseconds: 7))
    }
}
