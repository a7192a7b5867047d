// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Testing

@testable import Serving

@Suite("Taking rows apart and putting them together")
struct TensorRowsTests {
    @Test("rows taken in any division come back in their places")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = Generator(state: seed)
        for _ in 0..<200 {
            let rows = Int.random(in: 1...40, using: &generator)
            let width = Int.random(in: 1...4, using: &generator)
            let count = rows * width
            let values: [TensorValues] = [
                .float32((0..<count).map { _ in Float.random(in: -1...1, using: &generator) }),
                .float64((0..<count).map { _ in Double.random(in: -1...1, using: &generator) }),
                .int64((0..<count).map { _ in Int64.random(in: .min ... .max, using: &generator) }),
                .int32((0..<count).map { _ in Int32.random(in: .min ... .max, using: &generator) }),
                .bool((0..<count).map { _ in Bool.random(using: &generator) }), .string((0..<count).map { "t\($0)" }),
                .bytes((0..<count).map { [0xFF, UInt8($0)] }), .float16((0..<count).map { Float16($0) }),
                .bfloat16((0..<count).map { BFloat16(Float($0)) }), .int16((0..<count).map { Int16($0) }),
                .int8((0..<count).map { Int8(truncatingIfNeeded: $0) }), .uint64((0..<count).map { UInt64($0) }),
                .uint32((0..<count).map { UInt32($0) }), .uint16((0..<count).map { UInt16($0) }), .uint8((0..<count).map { UInt8($0) }),
            ]
            var parts = Array(repeating: [Int](), count: 3)
            for row in 0..<rows { parts[Int.random(in: 0..<3, using: &generator)].append(row) }
            parts.removeAll(where: \.isEmpty)
            for values in values {
                let tensor = Tensor(name: "x", shape: width == 1 ? [rows] : [rows, width], values: values)
                let merged = try Tensor.merging(parts.map { tensor.taking(rows: $0) }, rows: parts, count: rows)
                #expect(merged == tensor, "seed \(seed)")
            }
        }
    }

    @Test("text from one revision and bytes that are none from another make bytes")
    func textAndBytes() throws {
        let text = Tensor(name: "x", shape: [1], values: .string(["é"]))
        let bytes = Tensor(name: "x", shape: [1], values: .bytes([[0xFF]]))
        #expect(try Tensor.merging([text, bytes], rows: [[1], [0]], count: 2).values == .bytes([[0xFF], [0xC3, 0xA9]]))
        #expect(try Tensor.merging([bytes, text], rows: [[0], [1]], count: 2).values == .bytes([[0xFF], [0xC3, 0xA9]]))
    }

    @Test("parts that differ in type, width or number of rows are refused")
    func mismatch() {
        let first = Tensor(name: "x", shape: [1, 2], values: .float32([1, 2]))
        let others = [
            Tensor(name: "x", shape: [1, 2], values: .float64([1, 2])), Tensor(name: "x", shape: [1, 1], values: .float32([1])),
            Tensor(name: "x", shape: [2, 2], values: .float32([1, 2, 3, 4])), Tensor(name: "x", shape: [1, 2], values: .float32([1])),
            Tensor(name: "x", shape: [], values: .float32([1])),
        ]
        for other in others {
            let problem = #expect(throws: Problem.self) { try Tensor.merging([first, other], rows: [[0], [1]], count: 2) }
            #expect(problem?.code == "serving.output.differs")
        }
    }
}
