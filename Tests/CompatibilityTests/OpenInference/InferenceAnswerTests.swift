// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Foundation
import Serving
import Testing

@Suite("Answers of the Open Inference Protocol")
struct InferenceAnswerTests {
    private let answer = InferenceAnswer(
        id: "01K", endpoint: "delays", versions: [3, 4],
        outputs: [
            Tensor(name: "p \"q\"", shape: [2, 1], values: .float32([0.1, 1e-7])), Tensor(name: "d", shape: [1], values: .float64([1e300])),
            Tensor(name: "i", shape: [3], values: .int64([.min, 0, 42])), Tensor(name: "b", shape: [2], values: .bool([true, false])),
            Tensor(name: "s", shape: [2], values: .string(["a\n\u{1}\u{7f}\\", "é🛫"])), Tensor(name: "e", shape: [0], values: .int32([])),
        ])

    @Test("writes JSON that another parser reads back as the same values")
    func json() throws {
        let (bytes, headLength) = InferenceAnswerWriter.write(answer, to: InferenceBody(id: "mine", request: InferenceRequest(inputs: [])))
        #expect(headLength == nil)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["model_name"] as? String == "delays")
        #expect(object["model_version"] as? String == "3,4")
        #expect(object["id"] as? String == "mine")
        #expect((object["parameters"] as? [String: String]) == ["prediction_id": "01K"])
        let outputs = try #require(object["outputs"] as? [[String: Any]])
        #expect(outputs.compactMap { $0["name"] as? String } == answer.outputs.map(\.name))
        #expect(outputs.compactMap { $0["datatype"] as? String } == ["FP32", "FP64", "INT64", "BOOL", "BYTES", "INT32"])
        #expect(outputs.compactMap { $0["shape"] as? [Int] } == answer.outputs.map(\.shape))
        #expect((outputs[0]["data"] as? [Double])?.map { Float($0) } == [0.1, 1e-7])
        #expect(outputs[1]["data"] as? [Double] == [1e300])
        #expect(outputs[2]["data"] as? [Int64] == [.min, 0, 42])
        #expect(outputs[3]["data"] as? [Bool] == [true, false])
        #expect(outputs[4]["data"] as? [String] == ["a\n\u{1}\u{7f}\\", "é🛫"])
    }

    @Test("writes small and unsigned numbers, and bytes that are no text in base 64, saying so")
    func smallTypes() throws {
        let answer = InferenceAnswer(
            id: "01K", endpoint: "delays", versions: [1],
            outputs: [
                Tensor(name: "h", shape: [2], values: .float16([0.1, 65504])), Tensor(name: "u", shape: [1], values: .uint64([.max])),
                Tensor(name: "c", shape: [1], values: .int8([-128])), Tensor(name: "b", shape: [1], values: .bytes([[0xFF, 0xFE]])),
                Tensor(name: "g", shape: [1], values: .bfloat16([BFloat16(1.5)])),
            ])
        let (bytes, _) = InferenceAnswerWriter.write(answer, to: InferenceBody(request: InferenceRequest(inputs: [])))
        let text = String(decoding: bytes, as: UTF8.self)
        for part in [
            #""data":[0.1,65504.0]"#, #""data":[18446744073709551615]"#, #""data":[-128]"#,
            #""parameters":{"content_type":"base64"},"data":["//4="]"#, #""data":[1.5]"#,
        ] { #expect(text.contains(part), "\(part)") }
    }

    @Test("writes raw outputs behind the head for those who ask, and the rest as JSON")
    func binary() throws {
        let body = InferenceBody(request: InferenceRequest(inputs: []), wantsBinary: true, binaryOutputs: ["d": false])
        let (bytes, length) = InferenceAnswerWriter.write(answer, to: body)
        let headLength = try #require(length)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes[..<headLength])) as? [String: Any])
        #expect(object["id"] as? String == "01K")
        let outputs = try #require(object["outputs"] as? [[String: Any]])
        #expect(outputs[1]["data"] as? [Double] == [1e300])
        let sizes = outputs.map { ($0["parameters"] as? [String: Int])?["binary_data_size"] }
        #expect(sizes == [8, nil, 24, 2, 4 + 5 + 4 + 6, 0].map { $0 as Int? })
        // 0.1 as a float is 0x3DCCCCCD (IEEE 754), little-endian.
        #expect(Array(bytes[headLength..<headLength + 4]) == [0xCD, 0xCC, 0xCC, 0x3D])
        #expect(Array(bytes.suffix(10)) == [6, 0, 0, 0] + Array("é🛫".utf8))
    }
}
