// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Domain
import Serving
import Testing

@Suite("Requests of raw bytes alone")
struct RawRequestTests {
    private func input(_ datatype: TensorDatatype, _ shape: [Int]) -> [TensorSpecification] {
        [TensorSpecification(name: "x", datatype: datatype, shape: shape)]
    }

    @Test("rows are as many as the bytes make")
    func rows() throws {
        let body = try RawRequest.body([0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], for: input(.float32, [-1, 1]))
        #expect(body.request.inputs == [Tensor(name: "x", shape: [2, 1], values: .float32([1, -2]))])
        #expect(body.wantsBinary)
        #expect(try RawRequest.body([1, 2, 3], for: input(.uint8, [])).request.inputs[0].shape == [3])
        #expect(try RawRequest.body([1, 2, 3], for: input(.uint8, [1, 3])).request.inputs[0].shape == [1, 3])
        #expect(try RawRequest.body(Array("é".utf8), for: input(.string, [-1, 1])).request.inputs[0].values == .string(["é"]))
    }

    @Test("what does not fill rows, or leaves the shape open, is refused")
    func refusals() {
        let cases: [([UInt8], [TensorSpecification])] = [
            ([1, 2, 3], input(.float32, [-1, 1])), ([], input(.uint8, [-1])), ([1, 2, 3, 4], input(.uint8, [1, 3])),
            ([1, 2], input(.uint8, [-1, -1])), ([1], input(.string, [-1, 2])), ([1], []), ([1], input(.uint8, [-1]) + input(.uint8, [-1])),
            ([1], input(.uint8, [-1, 0])),
        ]
        for (bytes, inputs) in cases {
            let problem = #expect(throws: Problem.self) { try RawRequest.body(bytes, for: inputs) }
            #expect(problem?.kind == .invalid)
        }
    }
}
