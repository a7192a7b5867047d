// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import NIOCore
import Testing

@testable import Demo

@Suite("A request for an hour's flights")
struct InferenceBodyTests {
    @Test("is JSON with the model's columns in order, missing numbers null and any text escaped")
    func isJSON() throws {
        let carrier = "\"q\\\u{1}é✈"
        let line = FlightFile.line(temperature: "", pressure: "1011.95", carrier: "\"\(carrier.replacing("\"", with: "\"\""))\"")
        let month = try FlightFile.table(january: [FlightFile.line(), line]).month(1)
        let body = InferenceBody(month.flights[...], eventTime: 1_358_244_000_000)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body.buffer.readableBytesView)) as? [String: Any])
        #expect((json["parameters"] as? [String: Any])?["event_time"] as? Int64 == 1_358_244_000_000)
        let inputs = try #require(json["inputs"] as? [[String: Any]])
        #expect(
            inputs.map { $0["name"] as? String } == [
                "hour", "dow", "distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib", "carrier", "origin", "dest",
            ])
        #expect(inputs.allSatisfy { $0["shape"] as? [Int] == [2, 1] })
        #expect(inputs.map { $0["datatype"] as? String } == Array(repeating: "FP32", count: 9) + Array(repeating: "BYTES", count: 3))
        let temperatures = try #require(inputs[3]["data"] as? [Any])
        #expect(temperatures[0] as? Double == 39.02)
        #expect(temperatures[1] is NSNull)
        #expect(inputs[7]["data"] as? [Double] == [1011.9, 1011.95])
        #expect(inputs[9]["data"] as? [String] == ["UA", carrier])
        #expect(inputs[11]["data"] as? [String] == ["IAH", "IAH"])
    }

    @Test("is answered with an id and a score for each row: the last column of the first floating-point output")
    func readsReplies() throws {
        let text = """
            {"model_name":"m","parameters":{"prediction_id":"p7","x":1},"outputs":[\
            {"name":"label","datatype":"INT64","shape":[2],"data":[0,1]},{"name":"text","datatype":"BYTES","shape":[2],"data":["a","b"]},\
            {"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[0.75,0.25,0.5,0.5]}]}
            """
        let reply = try InferenceReply(Data(text.utf8), rows: 2)
        #expect(reply.predictionID == "p7")
        #expect(reply.scores == [0.25, 0.5])
        #expect(throws: Problem.self) { try InferenceReply(Data(text.utf8), rows: 3) }
        #expect(throws: Problem.self) { try InferenceReply(Data("{}".utf8), rows: 1) }
        #expect(throws: Problem.self) { try InferenceReply(Data("oops".utf8), rows: 1) }
    }
}
