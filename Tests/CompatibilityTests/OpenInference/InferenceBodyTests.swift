// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Domain
import Serving
import Testing

@Suite("Bodies of the Open Inference Protocol")
struct InferenceBodyTests {
    private func read(_ text: String) throws -> InferenceBody {
        try InferenceBodyReader.read(Array(text.utf8))
    }

    /// One FP32 input 'x' with the given shape and data.
    private func input(_ shape: String, _ data: String, _ datatype: String = "FP32") -> String {
        #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(datatype)","data":\#(data)}]}"#
    }

    @Test("reads the specification's own example, flat and nested alike")
    func specification() throws {
        // From "Inference Request JSON Object" and its example in the protocol's REST document.
        let flat = """
            {"id" : "42","inputs" : [{"name" : "input0","shape" : [ 2, 2 ],"datatype" : "INT32","data" : [ 1, 2, 3, 4 ]},
            {"name" : "input1","shape" : [ 3 ],"datatype" : "BOOL","data" : [ true, false, true ]}],"outputs" : [{"name" : "output0"}]}
            """
        for text in [flat, flat.replacing("[ 1, 2, 3, 4 ]", with: "[ [ 1, 2 ], [ 3, 4 ] ]")] {
            let body = try read(text)
            #expect(body.id == "42")
            #expect(body.request.outputs == ["output0"])
            #expect(
                body.request.inputs == [
                    Tensor(name: "input0", shape: [2, 2], values: .int32([1, 2, 3, 4])),
                    Tensor(name: "input1", shape: [3], values: .bool([true, false, true])),
                ])
        }
    }

    @Test("reads every datatype, members in any order, escapes and missing numbers")
    func datatypes() throws {
        let body = try read(
            #"""
            {"parameters":{"event_time":1357000000000,"other":[{}]},"extra":null,"inputs":[
            {"data":[1.5,null,-0.1e2],"datatype":"FP32","shape":[3],"name":"f"},
            {"name":"d","parameters":{"note":1},"data":[0.1],"shape":[1],"datatype":"FP64"},
            {"name":"i","shape":[2],"datatype":"INT64","data":[9223372036854775807,-9223372036854775808]},
            {"name":"s \u00e9","shape":[2],"datatype":"BYTES","data":["a\"\\\/\b\f\n\r\t","\ud83d\udeeb é"]}]}
            """#)
        #expect(body.request.time == Timestamp(milliseconds: 1_357_000_000_000))
        #expect(body.request.inputs.map(\.name) == ["f", "d", "i", "s é"])
        guard case .float32(let floats) = body.request.inputs[0].values else {
            return #expect(Bool(false), "FP32 was read as another type")
        }
        #expect(floats[0] == 1.5 && floats[1].isNaN && floats[2] == -10)
        #expect(body.request.inputs[1].values == .float64([0.1]))
        #expect(body.request.inputs[2].values == .int64([.max, .min]))
        #expect(body.request.inputs[3].values == .string(["a\"\\/\u{8}\u{c}\n\r\t", "🛫 é"]))
    }

    @Test("reads numbers to the nearest double, as Swift's own reader does")
    func numbers() throws {
        let texts = [
            "0", "-0", "1", "0.1", "123456.789", "1e22", "1e23", "9007199254740993", "0.30000000000000004", "2.2250738585072014e-308",
            "5e-324",
            "1.7976931348623157e308", "1e-400", "179769313486231570000000000000000000000", "0.000000000000000000000000000001",
            "6.02214076e23", "12345678901234567890.123", "1E+2", "3.14159265358979323846264338327950288",
        ]
        for text in texts {
            guard case .float64(let values) = try read(input("[1]", "[\(text)]", "FP64")).request.inputs[0].values else { continue }
            #expect(values.map(\.bitPattern) == [Double(text)?.bitPattern], "\(text)")
        }
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try read(input("[1]", "[\(value)]", "FP64")).request.inputs[0].values == .float64([value]), "seed \(seed): \(value)")
        }
    }

    @Test("a body cut short anywhere is refused, never read and never a crash")
    func truncated() throws {
        let whole =
            #"{"id":"é\n","parameters":{"event_time":1},"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[[1.5e1],[null]]}]}"#
        _ = try read(whole)
        let bytes = Array(whole.utf8)
        for count in 0..<bytes.count {
            let problem = #expect(throws: Problem.self) { try InferenceBodyReader.read(Array(bytes[..<count])) }
            #expect(problem?.kind == .invalid)
        }
    }

    @Test("any single byte changed is read or refused, never a crash")
    func mutated() throws {
        let bytes = Array(
            #"{"inputs":[{"name":"x","shape":[2,1],"datatype":"BYTES","data":[["\u00e9"],["b"]]}],"outputs":[{"name":"y"}]}"#.utf8)
        for position in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[position] = byte
                if case .failure(let problem) = Result(catching: { () throws(Problem) in try InferenceBodyReader.read(changed) }) {
                    #expect(problem.kind == .invalid)
                }
            }
        }
    }

    @Test("says what is wrong and where")
    func refusals() throws {
        let cases: [(body: String, says: String)] = [
            ("", "ends"), ("[]", "'{' should stand here"), ("{}", "no member 'inputs'"),
            (input("[1]", "[1]") + "x", "nothing should follow"),
            (input("[3]", "[1,2]"), "needs 3 elements, and there are 2"), (input("[1]", "[1,2]"), "needs 1 elements, and here is one more"),
            (input("[2,2]", "[[1,2],[3]]"), "lists of 2"), (input("[2,2]", "[[1,2],3,4]"), "mixed"), (input("[2]", "[[1],[2]]"), "deeper"),
            (input("[9223372036854775807,2]", "[]"), "more elements than can exist"), (input("[-1]", "[]"), "negative"),
            (input("[99999999999999999999]", "[]"), "64 bits"), (input("[4000000000]", "[1]"), "needs 4000000000 elements"),
            (input("[1.5]", "[]"), "whole number"), (input("[1]", "[1e400]", "FP64"), "beyond what a double"),
            (input("[1]", "[\(String(repeating: "9", count: 400))]", "FP64"), "beyond what a double"),
            (input("[1]", "[1e39]"), "beyond what FP32"), (input("[1]", "[2147483648]", "INT32"), "does not fit INT32"),
            (input("[1]", "[9223372036854775808]", "INT64"), "does not fit 64 bits"), (input("[1]", "[1.0]", "INT64"), "whole number"),
            (input("[1]", "[NaN]"), "missing number is written null"), (input("[1]", "[-Infinity]"), "missing number is written null"),
            (input("[1]", "[01]"), "must not begin with 0"), (input("[1]", "[1.]"), "decimal point"), (input("[1]", "[1e]"), "exponent"),
            (input("[1]", "[+1]"), "a number should stand here"), (input("[1]", "[\"1\"]"), "a number should stand here"),
            (input("[1]", "[1]", "BOOL"), "true or false"), (input("[1]", "[null]", "INT32"), "a number should stand here"),
            (input("[1]", "[\"\\ud800\"]", "BYTES"), "surrogate"), (input("[1]", "[\"\\x\"]", "BYTES"), "must not be followed"),
            (input("[1]", "[\"\n\"]", "BYTES"), "control characters"),
            (input("[1]", "[1]", "FP8"), "'FP8' of input 'x' is not supported"),
            (input("[1]", "[128]", "INT8"), "does not fit INT8"), (input("[1]", "[-1]", "UINT8"), "does not fit UINT8"),
            (input("[1]", "[65536]", "UINT16"), "does not fit UINT16"), (input("[1]", "[-32769]", "INT16"), "does not fit INT16"),
            (input("[1]", "[4294967296]", "UINT32"), "does not fit UINT32"), (input("[1]", "[-1]", "UINT64"), "negative"),
            (input("[1]", "[18446744073709551616]", "UINT64"), "does not fit 64 bits"),
            (input("[1]", "[65520]", "FP16"), "beyond what FP16"), (input("[1]", "[3.4e38]", "BF16"), "beyond what BF16"),
            (input("[1]", "7"), "'[' should stand here"),
            (#"{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}"#, "no 'name'"),
            (#"{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}"#, "no 'shape'"),
            (#"{"inputs":[{"name":"x","shape":[1],"data":[1]}]}"#, "no 'datatype'"),
            (#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}"#, "neither 'data'"),
            (#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],"data":[2]}]}"#, "stands twice"),
            (#"{"inputs":[],"inputs":[]}"#, "stands twice"), (#"{"parameters":{"event_time":"x"},"inputs":[]}"#, "number should stand"),
            (
                #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#,
                "'x' is given twice"
            ),
            (#"{"extra":\#(String(repeating: "[", count: 100_000))"#, "deeper than 32 levels"),
            (#"{"extra":\#(String(repeating: #"{"a":"#, count: 100_000))"#, "deeper than 32 levels"),
        ]
        for (body, says) in cases {
            let problem = #expect(throws: Problem.self, "\(body.prefix(80))") { _ = try read(body) }
            #expect(problem?.kind == .invalid)
            #expect(problem?.what.contains(says) == true, "\(body.prefix(80)): \(problem?.description ?? "")")
        }
        let place = #expect(throws: Problem.self) { _ = try read(input("[2]", "[1,x]")) }
        #expect(place?.why == "At byte 63, in input 'x'.")
        #expect(throws: Problem.self) { try InferenceBodyReader.read(Array(input("[1]", "[\"").utf8) + [0xFF] + Array("\"]".utf8)) }
    }

    @Test("reads the smaller and unsigned types from JSON, and bytes that are no text from base 64")
    func smallTypes() throws {
        func values(_ data: String, _ datatype: String) throws -> TensorValues {
            try read(input("[2]", data, datatype)).request.inputs[0].values
        }
        #expect(try values("[0.1,-65504]", "FP16") == .float16([0.1, -65504]))
        #expect(try values("[1.5,-3e38]", "BF16") == .bfloat16([BFloat16(1.5), BFloat16(-3e38)]))
        #expect(try values("[-32768,32767]", "INT16") == .int16([.min, .max]))
        #expect(try values("[-128,127]", "INT8") == .int8([.min, .max]))
        #expect(try values("[0,18446744073709551615]", "UINT64") == .uint64([0, .max]))
        #expect(try values("[0,4294967295]", "UINT32") == .uint32([0, .max]))
        #expect(try values("[0,65535]", "UINT16") == .uint16([0, .max]))
        #expect(try values("[0,255]", "UINT8") == .uint8([0, .max]))
        let coded =
            #"{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["//4=","QQ=="],"parameters":{"content_type":"base64"}}]}"#
        #expect(try read(coded).request.inputs[0].values == .bytes([[0xFF, 0xFE], [0x41]]))
        #expect(throws: Problem.self) { try read(coded.replacing("QQ==", with: "QQ?=")) }
    }

    @Test("rounds to the nearest half float of 8 bits, as hardware does")
    func bfloat16() {
        // Bits of 1 + 2^-8 lie between two of them, and the even one is taken (IEEE 754, 4.3.1).
        let cases: [(Float, UInt16)] = [
            (1, 0x3F80), (1.00390625, 0x3F80), (1.01171875, 0x3F82), (1.0040, 0x3F81), (-.infinity, 0xFF80), (0, 0), (3.4e38, 0x7F80),
        ]
        for (value, bits) in cases { #expect(BFloat16(value).bitPattern == bits, "\(value)") }
        #expect(BFloat16(.nan).float.isNaN)
        #expect(BFloat16(Float(bitPattern: 0x7F80_0001)).float.isNaN)
    }

    @Test("every datatype comes back from its raw bytes as it was")
    func rawRoundTrip() throws {
        let tensors: [TensorValues] = [
            .float32([1.5, -.infinity]), .float64([0.1, .leastNonzeroMagnitude]), .int64([.min, .max]), .int32([.min, .max]),
            .bool([true, false]),
            .string(["é", ""]), .bytes([[0xFF], []]), .float16([0.1, -.infinity]), .bfloat16([BFloat16(0.1), BFloat16(-1)]),
            .int16([.min, .max]), .int8([.min, .max]), .uint64([0, .max]), .uint32([0, .max]), .uint16([0, .max]), .uint8([0, .max]),
        ]
        #expect(Set(tensors.map(\.datatype)) == Set(TensorDatatype.allCases))
        for values in tensors {
            var bytes: [UInt8] = []
            RawTensor.append(values, to: &bytes)
            #expect(bytes.count == RawTensor.byteCount(values))
            #expect(try RawTensor.values(values.datatype, count: 2, from: bytes[...]) == values)
            for (count, bytes) in [(1, bytes), (3, bytes), (2, bytes + [0]), (2, bytes.dropLast()), (Int.max, bytes), (1 << 62, bytes)] {
                #expect(throws: RawTensor.Fault.self) { try RawTensor.values(values.datatype, count: count, from: bytes[...]) }
            }
        }
        // Counts whose bytes overflow to the number that is there.
        for (datatype, count) in [(TensorDatatype.float32, 1 << 62 + 2), (.float64, 1 << 61 + 1)] {
            #expect(throws: RawTensor.Fault.self) { try RawTensor.values(datatype, count: count, from: [0, 0, 0, 0, 0, 0, 0, 0][..<8]) }
        }
    }

    @Test(
        "lengths of text elements that lie are refused",
        arguments: [
            [5, 0, 0, 0, 0x61], [0xFF, 0xFF, 0xFF, 0xFF, 0x61], [1, 0, 0], [1, 0, 0, 0, 0x61, 0, 0, 0, 0], [],
        ] as [[UInt8]])
    func lyingLengths(bytes: [UInt8]) {
        #expect(throws: RawTensor.Fault.self) { try RawTensor.values(.string, count: 1, from: bytes[...]) }
    }

    @Test("reads raw tensors behind the head, in the order of the inputs")
    func binary() throws {
        let head = #"""
            {"inputs":[{"name":"f","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"j","shape":[1],"datatype":"INT32","data":[5]},{"name":"s","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}},{"name":"b","shape":[2],"datatype":"BOOL","parameters":{"binary_data_size":2}}],"parameters":{"binary_data_output":true},"outputs":[{"name":"o","parameters":{"binary_data":false}},{"name":"p"}]}
            """#
        // 1.0 is 0x3F800000 and -2.0 is 0xC0000000 (IEEE 754), little-endian.
        let raw: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0] + [2, 0, 0, 0, 0xC3, 0xA9, 1, 0, 0, 0, 0x61] + [1, 0]
        let body = try InferenceBodyReader.read(Array(head.utf8) + raw, headLength: head.utf8.count)
        #expect(body.request.inputs.map(\.values) == [.float32([1, -2]), .int32([5]), .string(["é", "a"]), .bool([true, false])])
        #expect(!body.isBinary("o") && body.isBinary("p"))
        for (bytes, length) in [
            (Array(head.utf8) + raw.dropLast(), head.utf8.count), (Array(head.utf8) + raw + [0], head.utf8.count),
            (Array(head.utf8) + raw, head.utf8.count + 100), (Array(head.utf8) + raw, -1), (Array(head.utf8) + raw, 10),
        ] {
            let problem = #expect(throws: Problem.self) { try InferenceBodyReader.read(bytes, headLength: length) }
            #expect(problem?.kind == .invalid)
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014), so that a failing seed can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
