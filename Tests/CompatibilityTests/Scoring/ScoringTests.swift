// SPDX-License-Identifier: Apache-2.0

import Backends
import Compatibility
import Domain
import Foundation
import Testing

@Suite("Scoring requests and answers")
struct ScoringTests {
    private static let columns = [
        TensorSpecification(name: "hour", datatype: .float32, shape: [-1, 1]),
        TensorSpecification(name: "carrier", datatype: .string, shape: [-1, 1]),
    ]
    private static let matrix = [TensorSpecification(name: "x", datatype: .float64, shape: [-1, 3])]
    private static let flat = [TensorSpecification(name: "n", datatype: .int64, shape: [-1])]

    private func tensors(_ text: String, _ inputs: [TensorSpecification]) throws -> [Tensor] {
        try ScoringTensors.make(try ScoringRequest.json(Array(text.utf8)).rows, for: inputs)
    }

    @Test("each form of the same two rows gives the same tensors")
    func forms() throws {
        let expected = [
            Tensor(name: "hour", shape: [2, 1], values: .float32([7, 19])),
            Tensor(name: "carrier", shape: [2, 1], values: .string(["UA", "B6"])),
        ]
        for text in [
            #"{"dataframe_split":{"columns":["carrier","hour","more"],"index":[4,5],"data":[["UA",7,null],["B6",19.0,1]]}}"#,
            #"{"dataframe_split":{"data":[[7,"UA"],[19,"B6"]]}}"#,
            #"{"dataframe_records":[{"hour":7,"carrier":"UA"},{"carrier":"B6","hour":19,"more":{}}],"params":{"a":1}}"#,
            #"{"instances":[{"hour":7,"carrier":"UA"},{"carrier":"B6","hour":19}],"params":null}"#,
            #"{"instances":[[7,"UA"],[19,"B6"]]}"#, #"{"inputs":{"hour":[7,19],"carrier":["UA","B6"]}}"#,
            #"{"inputs":{"hour":[[7],[19]],"carrier":[["UA"],["B6"]]}}"#,
        ] {
            #expect(try tensors(text, Self.columns) == expected, "\(text)")
        }
        for text in ["hour,carrier\n7,UA\n19,B6\n", "carrier,more,hour\r\nUA,,7\r\n\"B6\",x,19.0"] {
            let rows = try ScoringRequest.csv(Array(text.utf8)).rows
            #expect(try ScoringTensors.make(rows, for: Self.columns) == expected, "\(text)")
        }
    }

    @Test("a model with one input takes lists, tables and values as its rows")
    func matrix() throws {
        let expected = [Tensor(name: "x", shape: [2, 3], values: .float64([1, 2, 3, 4, 5, 6]))]
        for text in [
            #"{"instances":[[1,2,3],[4,5,6]]}"#, #"{"inputs":[[1,2,3],[4,5,6]]}"#, #"{"inputs":{"x":[[1,2,3],[4,5,6]]}}"#,
            #"{"dataframe_split":{"columns":["a","b",3],"data":[[1,2,3],[4,5,6]]}}"#,
            #"{"dataframe_records":[{"a":1,"b":2,"c":3},{"a":4,"b":5,"c":6}]}"#,
        ] { #expect(try tensors(text, Self.matrix) == expected, "\(text)") }
        #expect(try tensors(#"{"instances":[1,[2]]}"#.replacing("[2]", with: "2"), Self.flat)[0].values == .int64([1, 2]))
        #expect(try tensors(#"{"instances":[[1],[2]]}"#, Self.flat) == [Tensor(name: "n", shape: [2], values: .int64([1, 2]))])
    }

    @Test("an endpoint that looks features up takes the entity keys, and what else is sent")
    func entities() throws {
        func tensors(_ text: String) throws -> [Tensor] {
            try ScoringTensors.make(try ScoringRequest.json(Array(text.utf8)).rows, for: Self.columns, entity: "plane")
        }
        let whole = Tensor(name: "plane", shape: [2], values: .int64([7, 8]))
        let text = Tensor(name: "plane", shape: [2], values: .string(["a", "b"]))
        let hours = Tensor(name: "hour", shape: [2, 1], values: .float32([1, 2]))
        #expect(try tensors(#"{"inputs":{"plane":[7,8]}}"#) == [whole])
        #expect(try tensors(#"{"instances":[7,8]}"#) == [whole])
        #expect(try tensors(#"{"instances":["a","b"]}"#) == [text])
        #expect(try tensors(#"{"dataframe_records":[{"plane":"a","hour":1},{"plane":"b","hour":2}]}"#) == [hours, text])
        let rows = try ScoringRequest.csv(Array("plane,hour\na,1\nb,2\n".utf8)).rows
        #expect(try ScoringTensors.make(rows, for: Self.columns, entity: "plane") == [hours, text])
    }

    @Test("a missing number is NaN, and Python's bare NaN is read")
    func missing() throws {
        for text in [
            #"{"inputs":{"hour":[null],"carrier":["a"]}}"#, #"{"inputs":{"hour":[NaN],"carrier":["a"]}}"#,
            #"{"instances":[{"carrier":"a"},{"hour":1,"carrier":"b"}]}"#,
        ] {
            guard case .float32(let values) = try tensors(text, Self.columns)[0].values else { continue }
            #expect(values[0].isNaN)
        }
    }

    @Test("event_time of the params says what the rows are about")
    func time() throws {
        let text = #"{"instances":[1],"params":{"event_time":1362096000000,"temperature":0.5}}"#
        #expect(try ScoringRequest.json(Array(text.utf8)).time == Timestamp(milliseconds: 1_362_096_000_000))
    }

    @Test("says which input, which row, what was expected and what came")
    func refusals() throws {
        let cases: [(String, [TensorSpecification], String)] = [
            (#"{"inputs":{"hour":[1,"late"],"carrier":["a","b"]}}"#, Self.columns, "Input 'hour' has the text 'late' in row 1."),
            (#"{"inputs":{"hour":[1],"carrier":[2]}}"#, Self.columns, "Input 'carrier' has 2 in row 0."),
            (#"{"inputs":{"hour":[1]}}"#, Self.columns, "'carrier'"), (#"{"instances":[1.5]}"#, Self.flat, "1.5 in row 0"),
            (#"{"instances":[9223372036854775808]}"#, Self.flat, "in row 0"), (#"{"instances":[null]}"#, Self.flat, "no value in row 0"),
            (#"{"instances":[true]}"#, Self.flat, "true in row 0"), (#"{"instances":[[1,2,3],[1,2]]}"#, Self.matrix, "Row 1"),
            (#"{"instances":[[1,2,3],[[1],2,3]]}"#, Self.matrix, "Row 1"), (#"{"instances":[{"a":1},2]}"#, Self.flat, "Some rows"),
            (#"{"instances":[1],"inputs":[1]}"#, Self.flat, "exactly one"), (#"{"messages":[]}"#, Self.flat, "exactly one"),
            (#"{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}"#, Self.flat, "Row 0"),
            (#"{"dataframe_split":[]}"#, Self.flat, "columns"),
            (#"{"inputs":{"hour":[1,2],"carrier":["a"]}}"#, Self.columns, "different numbers of rows"),
            ("[]", Self.flat, "not a JSON object"),
            (#"{"instances":7}"#, Self.flat, "not a list"), (#"{"instances":[1],"params":[]}"#, Self.flat, "params"),
            (#"{"instances":[\#(String(repeating: "[", count: 20))1\#(String(repeating: "]", count: 20))]}"#, Self.flat, "nests deeper"),
        ]
        for (text, inputs, says) in cases {
            let problem = #expect(throws: Problem.self, "\(text)") { try tensors(text, inputs) }
            #expect(problem?.kind == .invalid)
            #expect(problem?.description.contains(says) == true, "\(text): \(problem?.description ?? "")")
        }
        for text in ["", "a,b\n1\n", "a\n\"1\n", "a\n\u{1}x,\n"] {
            let problem = #expect(throws: Problem.self, "\(text)") {
                try ScoringTensors.make(try ScoringRequest.csv(Array(text.utf8)).rows, for: Self.flat)
            }
            #expect(problem?.kind == .invalid)
        }
    }

    @Test("rows that each bring new names cannot fill memory")
    func manyNames() {
        let rows = (0..<3_000).map { #"{"n\#($0)":1}"# }.joined(separator: ",")
        let problem = #expect(throws: Problem.self) { try ScoringRequest.json(Array(#"{"instances":[\#(rows)]}"#.utf8)) }
        #expect(problem?.kind == .tooLarge)
    }

    @Test("a body cut anywhere is refused, never a crash")
    func truncated() throws {
        let bytes = Array(#"{"dataframe_split":{"columns":["hour","carrier"],"data":[[7,"\u00e9"],[null,"B6"]]},"params":{}}"#.utf8)
        for count in bytes.indices { #expect(throws: Problem.self) { try ScoringRequest.json(Array(bytes[..<count])) } }
    }

    @Test("answers a list of values, or of objects when there are several outputs")
    func answers() {
        func text(_ outputs: [Tensor], rows: Int) -> String { String(decoding: ScoringAnswer.write(outputs, rows: rows), as: UTF8.self) }
        let label = Tensor(name: "label", shape: [2], values: .int64([0, 1]))
        let odds = Tensor(name: "p", shape: [2, 2], values: .float32([0.25, 0.75, 0.5, 0.5]))
        let column = Tensor(name: "c", shape: [2, 1], values: .string(["a\"", "b"]))
        #expect(text([label], rows: 2) == #"{"predictions":[0,1]}"#)
        #expect(text([column], rows: 2) == #"{"predictions":["a\"","b"]}"#)
        #expect(text([odds], rows: 2) == #"{"predictions":[[0.25,0.75],[0.5,0.5]]}"#)
        #expect(
            text([label, odds, column], rows: 2)
                == #"{"predictions":[{"label":0,"p":[0.25,0.75],"c":"a\""},{"label":1,"p":[0.5,0.5],"c":"b"}]}"#)
        let cube = Tensor(name: "k", shape: [1, 2, 2], values: .int32([1, 2, 3, 4]))
        #expect(text([cube], rows: 1) == #"{"predictions":[[[1,2],[3,4]]]}"#)
        #expect(text([cube], rows: 3) == #"{"predictions":{"k":[[[1,2],[3,4]]]}}"#)
    }
}
