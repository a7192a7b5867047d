// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

extension CloudEvent {
    package static let structuredType = "application/cloudevents+json"
    package static let batchType = "application/cloudevents-batch+json"

    /// An event in either mode: structured, all of it in the body, or binary, attributes in headers that begin with `ce-` or `ce_`.
    ///
    /// - Parameters:
    ///   - headers: By their names in lower case.
    ///   - isEncoded: Whether values of headers are percent-encoded, as HTTP's are.
    /// - Throws: `Problem` `.invalid` `streams.event.malformed`.
    package init(headers: [String: String], body: [UInt8], isEncoded: Bool) throws(Problem) {
        let type = Self.mediaType(headers["content-type"])
        if let type, type.hasPrefix("application/cloudevents") {
            guard type == Self.structuredType else {
                throw Self.refusal(
                    "Its content type is '\(type.printable)'.", "Send one event at a time here, as '\(Self.structuredType)'.")
            }
            try self.init(structured: try Self.json(body))
            return
        }
        var attributes: [String: JSONValue] = [:]
        for (name, value) in headers where name.hasPrefix("ce-") || name.hasPrefix("ce_") {
            guard let text = isEncoded ? value.removingPercentEncoding : value else {
                throw Self.refusal("The header '\(name.printable)' is malformed.", "Percent-encode it as UTF-8.")
            }
            attributes[String(name.dropFirst(3))] = .string(text)
        }
        guard !attributes.isEmpty else {
            // Without a word about its form: an event is all in the body, or it is none.
            guard let value = try? Self.json(body), value["specversion"] != nil else {
                throw Self.refusal(
                    "It has neither attributes as headers ('ce-id', …) nor the content type '\(Self.structuredType)'.",
                    "Send it in the structured or in the binary mode of CloudEvents.")
            }
            try self.init(structured: value)
            return
        }
        if let type = headers["content-type"] { attributes["datacontenttype"] = .string(type) }
        let content: Content
        if body.isEmpty {
            content = .none
        } else if Self.isJSON(type) {
            content = .json(try Self.json(body))
        } else {
            content = .bytes(body)
        }
        try self.init(attributes, content)
    }

    /// - Parameter value: A whole event as JSON.
    package init(structured value: JSONValue) throws(Problem) {
        guard case .object(var attributes) = value else {
            throw Self.refusal("It is no JSON object.", "Send an object with specversion, id, source and type.")
        }
        let data = attributes.removeValue(forKey: "data")
        let encoded = attributes.removeValue(forKey: "data_base64")
        let content: Content
        switch (data, encoded) {
        case (.some, .some): throw Self.refusal("It has both 'data' and 'data_base64'.", "Send one of them.")
        case (nil, let encoded?):
            guard let text = encoded.text, let bytes = Data(base64Encoded: text) else {
                throw Self.refusal("Its 'data_base64' is no text in base 64.", "Encode the bytes in base 64.")
            }
            let type = Self.mediaType(attributes["datacontenttype"]?.text)
            content = type != nil && Self.isJSON(type) ? .json(try Self.json(Array(bytes))) : .bytes(Array(bytes))
        case (let data?, nil): content = .json(data)
        case (nil, nil): content = .none
        }
        try self.init(attributes, content)
    }

    /// The events of a batch, not yet read.
    package static func batch(_ body: [UInt8]) throws(Problem) -> [JSONValue] {
        guard case .array(let events) = try json(body) else {
            throw refusal("The batch is no JSON array.", "Send an array of events as '\(batchType)'.")
        }
        return events
    }

    private init(_ attributes: [String: JSONValue], _ content: Content) throws(Problem) {
        var rest = attributes.filter { $0.value != .null }
        let version = try Self.take("specversion", &rest)
        guard version == "1.0" else {
            throw Self.refusal(
                "Its 'specversion' is \(version.map { "'\($0.printable)'" } ?? "missing").", "Send events of version 1.0.")
        }
        var time: Timestamp?
        if let text = try Self.take("time", &rest) {
            guard let read = Timestamp(rfc3339: text) else {
                throw Self.refusal("Its 'time' is '\(text.printable)'.", "Write it as 2026-01-31T12:00:00Z.")
            }
            time = read
        }
        try self.init(
            id: try Self.take("id", &rest) ?? "", source: try Self.take("source", &rest) ?? "", type: try Self.take("type", &rest) ?? "",
            subject: try Self.take("subject", &rest), time: time, dataContentType: try Self.take("datacontenttype", &rest),
            dataSchema: try Self.take("dataschema", &rest), extensions: rest, content: content)
    }

    private static func take(_ name: String, _ rest: inout [String: JSONValue]) throws(Problem) -> String? {
        guard let value = rest.removeValue(forKey: name) else { return nil }
        guard let text = value.text else { throw refusal("Its '\(name)' is no text.", "Send it as a text.") }
        return text
    }

    private static func json(_ body: [UInt8]) throws(Problem) -> JSONValue {
        // UTF-8 is checked first, because a text made of anything else would be changed silently.
        guard String(validating: body, as: UTF8.self) != nil else { throw refusal("It is not UTF-8.", "Send JSON in UTF-8.") }
        do {
            return try body.withUnsafeBufferPointer { bytes throws(Problem) in try JSONReader.value(in: bytes) }
        } catch {
            throw refusal("It is not JSON: \(error.why ?? error.what)", "Send JSON.")
        }
    }

    private static func mediaType(_ text: String?) -> String? {
        text?.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    }

    private static func isJSON(_ type: String?) -> Bool { type == nil || type == "application/json" || type?.hasSuffix("+json") == true }
}

extension Timestamp {
    /// Nil unless the text is a date and time with a zone, as RFC 3339 has them.
    package init?(rfc3339 text: String) {
        guard text.utf8.count <= 40 else { return nil }
        let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else { return nil }
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
