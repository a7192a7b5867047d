// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import HTTPTypes
import Streaming

/// The events of a request, in each of the three modes of CloudEvents' binding for HTTP.
enum CloudEventRecords {
    /// - Throws: `Problem` `.invalid` for a batch that is none, and for one event that is none: who sends it can put it right. An event of a
    ///   batch is looked at by the stream.
    static func records(headers: HTTPFields, body: [UInt8]) throws(Problem) -> [SourceRecord] {
        let type = (headers[.contentType] ?? "").split(separator: ";").first.map { String($0).lowercased().filter { $0 != " " } } ?? ""
        if type == CloudEvent.batchType {
            return try CloudEvent.batch(body).enumerated().map { record($0.element, place: "request:\($0.offset)") }
        }
        return [record(try event(headers: headers, body: body).structured, place: "request")]
    }

    /// One event in binary or structured mode.
    static func event(headers: HTTPFields, body: [UInt8]) throws(Problem) -> CloudEvent {
        var named: [String: String] = [:]
        for field in headers where named.updateValue(field.value, forKey: field.name.canonicalName) != nil {
            guard !field.name.canonicalName.hasPrefix("ce-") else {
                throw Problem(
                    .invalid, "streams.event.malformed", "This is no CloudEvent that can be taken.",
                    why: "The header '\(field.name.canonicalName.printable)' comes twice.", fix: "Send each attribute once.")
            }
        }
        return try CloudEvent(headers: named, body: body, isEncoded: true)
    }

    private static func record(_ event: JSONValue, place: String) -> SourceRecord {
        SourceRecord(place: place, headers: ["content-type": CloudEvent.structuredType], body: Array(event.jsonText.utf8))
    }
}
