// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Testing

@testable import Serving

@Suite("Speaking to servers of models")
struct WireTests {
    private let version = ServedVersion(workspace: "default", model: "m", number: 1)

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func file(_ inputs: String, _ outputs: String) -> MLmodelFile? {
        MLmodelFile("flavors:\n  sklearn: {}\nsignature:\n  inputs: '\(inputs)'\n  outputs: '\(outputs)'\n")
    }

    @Test("sends tensors as the Open Inference Protocol has them, with null for a missing number")
    func openInference() {
        let inputs = [
            Tensor(name: "a", shape: [2, 1], values: .float32([1.5, .nan])), Tensor(name: "b", shape: [2], values: .string(["x\"", "é"])),
        ]
        #expect(
            text(OpenInferenceWire.body(inputs, outputs: ["y"]))
                == #"{"inputs":[{"name":"a","shape":[2,1],"datatype":"FP32","data":[1.5,null]},"#
                + #"{"name":"b","shape":[2],"datatype":"BYTES","data":["x\"","é"]}],"outputs":[{"name":"y"}]}"#)
    }

    @Test("sends MLflow a table row by row, one tensor by itself, several by their names")
    func invocations() throws {
        let table = try MLflowSignature.model(
            try #require(file(#"[{"type":"double","name":"a"},{"type":"string","name":"b"}]"#, #"[{"type":"long"}]"#)), of: version)
        #expect(table.isTable)
        #expect(table.inputs.map(\.shape) == [[-1, 1], [-1, 1]])
        #expect(table.outputs == [TensorSpecification(name: "prediction", datatype: .int64, shape: [-1, 1])])
        let rows = [
            Tensor(name: "a", shape: [2, 1], values: .float64([1, 2])), Tensor(name: "b", shape: [2, 1], values: .string(["x", "y"])),
        ]
        #expect(text(InvocationsWire.body(rows, of: table)) == #"{"dataframe_split":{"columns":["a","b"],"data":[[1.0,"x"],[2.0,"y"]]}}"#)

        let tensor = #"{"type":"tensor","tensor-spec":{"dtype":"float64","shape":[-1,2]}"#
        let one = try MLflowSignature.model(try #require(file("[\(tensor)}]", "[\(tensor)}]")), of: version)
        #expect(one.inputs == [TensorSpecification(name: "input", datatype: .float64, shape: [-1, 2])])
        let matrix = Tensor(name: "input", shape: [2, 2], values: .float64([1, 2, 3, 4]))
        #expect(text(InvocationsWire.body([matrix], of: one)) == #"{"inputs":[[1.0,2.0],[3.0,4.0]]}"#)
        let several = try MLflowSignature.model(
            try #require(file(#"[\#(tensor),"name":"a"},\#(tensor),"name":"b"}]"#, "[\(tensor)}]")), of: version)
        let named = ["a", "b"].map { Tensor(name: $0, shape: [1, 2], values: .float64([1, 2])) }
        #expect(text(InvocationsWire.body(named, of: several)) == #"{"inputs":{"a":[[1.0,2.0]],"b":[[1.0,2.0]]}}"#)
    }

    @Test(
        "takes MLflow's predictions in each form that fits the signature",
        arguments: [
            (#"{"predictions":[1,0]}"#, #"[{"type":"long"}]"#, ["prediction": [2, 1]]),
            (
                #"{"predictions":[1.5,2]}"#, #"[{"type":"tensor","tensor-spec":{"dtype":"float64","shape":[-1]}}]"#,
                ["prediction": [2]]
            ),
            (
                #"{"predictions":[[1.5,2],[3,null]]}"#, #"[{"type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,2]}}]"#,
                ["prediction": [2, 2]]
            ),
            (
                #"{"predictions":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}"#, #"[{"type":"long","name":"a"},{"type":"string","name":"b"}]"#,
                ["a": [2, 1], "b": [2, 1]]
            ),
            (
                #"{"predictions":{"a":[1,2],"b":["x","y"]}}"#, #"[{"type":"long","name":"a"},{"type":"string","name":"b"}]"#,
                ["a": [2, 1], "b": [2, 1]]
            ),
        ])
    func predictions(answer: String, outputs: String, shapes: [String: [Int]]) throws {
        let model = try MLflowSignature.model(try #require(file(#"[{"type":"double","name":"a"}]"#, outputs)), of: version)
        let tensors = try ServerProtocol.invocations.outputs(model.outputs.map(\.name), in: Array(answer.utf8), rows: 2, of: model)
        #expect(Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) }) == shapes)
        #expect(tensors.allSatisfy { $0.isComplete })
    }

    @Test(
        "believes no prediction that the signature does not allow",
        arguments: [
            #"{"predictions":[1]}"#, #"{"predictions":[1,2,3]}"#, #"{"predictions":["a","b"]}"#, #"{"predictions":[1.5,2]}"#,
            #"{"predictions":[[1,2],[3]]}"#, #"{"predictions":7}"#, #"{"prediction":[1,2]}"#, #"{"predictions":[{"x":1},{}]}"#,
            #"{"predictions":[null,1]}"#, #"{"predictions":[1,99999999999999999999]}"#, "", "[", #"{"predictions":[true,false]}"#,
        ])
    func garbage(answer: String) throws {
        let model = try MLflowSignature.model(
            try #require(file(#"[{"type":"double","name":"a"}]"#, #"[{"type":"long"}]"#)), of: version)
        let problem = #expect(throws: Problem.self) {
            _ = try ServerProtocol.invocations.outputs(["prediction"], in: Array(answer.utf8), rows: 2, of: model)
        }
        #expect(problem?.code == "serving.server.garbled")
        #expect(problem?.kind == .internal)
    }

    @Test("refuses a signature that cannot be served, and a model without one")
    func signatures() throws {
        let missing = try #require(MLmodelFile("flavors:\n  sklearn: {}\n"))
        #expect(throws: Problem.self) { _ = try MLflowSignature.model(missing, of: version) }
        for inputs in [#"[{"type":"binary","name":"a"}]"#, #"[{"type":"double"},{"type":"double"}]"#, #"[{"type":"array","name":"a"}]"#] {
            let described = try #require(file(inputs, #"[{"type":"long"}]"#))
            let problem = #expect(throws: Problem.self) { _ = try MLflowSignature.model(described, of: version) }
            #expect(problem?.code == "serving.model.unsupported")
        }
    }

    @Test("reads where a model answers, and refuses a file that does not say so")
    func remoteDescription() throws {
        let right = try RemoteDescription(
            Array(
                (#"{"url":"https://models.example.org/a/","protocol":"v2","model":"churn","timeout":2.5,"#
                    + #""inputs":[{"name":"x","datatype":"FP32","shape":[-1,1]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1]}]}"#)
                    .utf8))
        #expect(right.url.text == "https://models.example.org/a/")
        #expect(right.limit == .milliseconds(2500))
        #expect(right.wire == .openInference)
        #expect(right.inputs?.map(\.name) == ["x"])
        let wrong = [
            "", "[]", "{}", #"{"url":"ftp://a","protocol":"v2"}"#, #"{"url":"https://u:p@a","protocol":"v2"}"#,
            #"{"url":"https://a"}"#, #"{"url":"https://a","protocol":"grpc"}"#, #"{"url":"https://a","protocol":"v2","timeout":0}"#,
            #"{"url":"https://a","protocol":"v2","timeout":61}"#, #"{"url":"https://a","protocol":"v2","model":"../x"}"#,
            #"{"url":"https://a","protocol":"v2","token":"secret"}"#, #"{"url":"https://a?x=1","protocol":"v2"}"#,
            #"{"url":"https://a","protocol":"v2","inputs":[{"name":"x"}]}"#, #"{"url":"https://a","protocol":"v2","inputs":[]}"#,
        ]
        for text in wrong {
            let problem = #expect(throws: Problem.self) { _ = try RemoteDescription(Array(text.utf8)) }
            #expect(problem?.code == "serving.remote.malformed", "\(text)")
        }
    }
}
