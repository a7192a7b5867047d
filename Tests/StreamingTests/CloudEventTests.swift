// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Streaming
import Testing

@Suite("Envelopes of CloudEvents 1.0")
struct CloudEventTests {
    private static func structured(_ text: String) throws(Problem) -> CloudEvent {
        try CloudEvent(headers: ["content-type": "application/cloudevents+json; charset=utf-8"], body: Array(text.utf8), isEncoded: false)
    }

    @Test("read one event in all modes alike")
    func modes() throws {
        let whole = try Self.structured(
            #"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"s","time":"2026-01-31T12:00:00.5+01:00","datacontenttype":"application/json","ext":"e","data":{"x":1}}"#
        )
        for prefix in ["ce-", "ce_"] {
            let headers = [
                "specversion": "1.0", "id": "1", "source": "/a", "type": "t", "subject": "s", "time": "2026-01-31T11:00:00.5Z", "ext": "e",
            ]
            var named = ["content-type": "application/json"]
            for (name, value) in headers { named[prefix + name] = value }
            #expect(try CloudEvent(headers: named, body: Array(#"{"x":1}"#.utf8), isEncoded: true) == whole)
        }
        #expect(whole.time?.milliseconds == 1_769_857_200_500)
        #expect(whole.content == .json(["x": 1]))
    }

    @Test("come back the same from each mode they are written in", arguments: CloudEvent.Mode.allCases)
    func roundTrip(mode: CloudEvent.Mode) throws {
        let event = try CloudEvent(
            id: "ü 1", source: "/workspaces/main", type: "version.registered", subject: "model/m/1",
            time: Timestamp(milliseconds: 1_700_000_000_125),
            dataContentType: "application/json", extensions: ["sequence": "7"], content: .json(["a": [1, 2.5, "x", .null]]))
        let record = event.record(mode, key: "k")
        let headers = Dictionary(uniqueKeysWithValues: record.headers.map { ($0.name, $0.value) })
        #expect(try CloudEvent(headers: headers, body: record.body, isEncoded: false) == event)
        #expect(record.key == "k")
    }

    @Test("carry bytes, in base 64 where all is JSON")
    func bytes() throws {
        let event = try Self.structured(
            #"{"specversion":"1.0","id":"1","source":"/a","type":"t","datacontenttype":"image/png","data_base64":"AAEC"}"#)
        #expect(event.content == .bytes([0, 1, 2]))
        #expect(event.structured["data_base64"] == "AAEC")
        // JSON in base 64 is JSON.
        let json = try Self.structured(
            #"{"specversion":"1.0","id":"1","source":"/a","type":"t","data_base64":"eyJ4IjoxfQ==","datacontenttype":"application/json"}"#)
        #expect(json.content == .json(["x": 1]))
    }

    @Test("have percent-encoded headers over HTTP only")
    func encoding() throws {
        let headers = ["ce-specversion": "1.0", "ce-id": "a%20b", "ce-source": "/a", "ce-type": "t"]
        #expect(try CloudEvent(headers: headers, body: [], isEncoded: true).id == "a b")
        #expect(try CloudEvent(headers: headers, body: [], isEncoded: false).id == "a%20b")
    }

    @Test(
        "are refused with the reason",
        arguments: [
            (#"[]"#, "no JSON object"), (#"{"#, "not JSON"), (#"{"id":"1","source":"/a","type":"t"}"#, "'specversion' is missing"),
            (#"{"specversion":"0.3","id":"1","source":"/a","type":"t"}"#, "'specversion' is '0.3'"),
            (#"{"specversion":"1.0","source":"/a","type":"t"}"#, "'id'"), (#"{"specversion":"1.0","id":"1","type":"t"}"#, "'source'"),
            (#"{"specversion":"1.0","id":"1","source":"/a"}"#, "'type'"),
            (#"{"specversion":"1.0","id":1,"source":"/a","type":"t"}"#, "'id' is no text"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","time":"yesterday"}"#, "'time'"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","Bad":"x"}"#, "'Bad' is not the name"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","ext":[1]}"#, "neither a text"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","data":1,"data_base64":"AA=="}"#, "both"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","data_base64":"?"}"#, "base 64"),
        ])
    func refusals(text: String, reason: String) throws {
        let problem = try #require(throws: Problem.self) { try Self.structured(text) }
        #expect(problem.code == "streams.event.malformed" && problem.kind == .invalid)
        #expect(problem.why?.contains(reason) == true, "\(problem)")
    }

    @Test("are no events without attributes, as batches, or in other bytes than UTF-8")
    func others() throws {
        #expect(throws: Problem.self) { try CloudEvent(headers: [:], body: Array(#"{"x":1}"#.utf8), isEncoded: false) }
        #expect(throws: Problem.self) {
            try CloudEvent(headers: ["content-type": "application/cloudevents-batch+json"], body: Array("[]".utf8), isEncoded: false)
        }
        #expect(throws: Problem.self) {
            try CloudEvent(headers: ["content-type": "application/cloudevents+json"], body: [0x22, 0xFF, 0x22], isEncoded: false)
        }
        #expect(throws: Problem.self) { try CloudEvent.batch(Array(#"{}"#.utf8)) }
        #expect(try CloudEvent.batch(Array(#"[{},1]"#.utf8)).count == 2)
    }
}
