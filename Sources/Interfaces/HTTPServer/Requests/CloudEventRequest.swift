// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Pipelines

/// Reads a CloudEvent 1.0 of a request: structured, all of it in a JSON body, or binary, its attributes in `ce-` headers and its data in
/// the body.
struct CloudEventRequest {
    private static let mostAttributes = 50
    private let clock: any WallClock

    init(clock: any WallClock) {
        self.clock = clock
    }

    /// - Throws: `Problem` `.invalid` for what is no event of version 1.0, and for batches.
    func event(of request: Request, _ context: APIContext) async throws -> TriggerEvent {
        let body = try await RequestBody.bytes(of: request, context)
        let type = (request.headers[.contentType] ?? "").split(separator: ";").first.map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
        if type == "application/cloudevents+json" { return try structured(body) }
        guard type?.hasPrefix("application/cloudevents") != true else {
            throw refusal("Events come one at a time and as JSON.", "Send 'application/cloudevents+json', or attributes as 'ce-' headers.")
        }
        return try binary(request.headers, type, body)
    }

    private func structured(_ body: ByteBuffer) throws -> TriggerEvent {
        guard case .object(var attributes) = try RequestBody.decode(JSONValue.self, from: body) else {
            throw refusal("The body is no JSON object.", "Send an object with specversion, id, source and type.")
        }
        let data = attributes.removeValue(forKey: "data")
        let encoded = attributes.removeValue(forKey: "data_base64")
        guard data == nil || encoded == nil else {
            throw refusal("It has both 'data' and 'data_base64'.", "Send one of them.")
        }
        return try event(attributes, data: data ?? encoded ?? .null)
    }

    private func binary(_ headers: HTTPFields, _ type: String?, _ body: ByteBuffer) throws -> TriggerEvent {
        var attributes: [String: JSONValue] = [:]
        for field in headers where field.name.canonicalName.hasPrefix("ce-") {
            guard let text = field.value.removingPercentEncoding,
                attributes.updateValue(.string(text), forKey: String(field.name.canonicalName.dropFirst(3))) == nil
            else {
                throw refusal(
                    "The header '\(field.name.canonicalName.printable)' is malformed or comes twice.", "Percent-encode it as UTF-8.")
            }
        }
        let data: JSONValue
        if body.readableBytes == 0 {
            data = .null
        } else if type == nil || type == "application/json" || type?.hasSuffix("+json") == true {
            data = try RequestBody.decode(JSONValue.self, from: body)
        } else {
            let bytes = Data(body.readableBytesView)
            data = .string(String(data: bytes, encoding: .utf8) ?? bytes.base64EncodedString())
        }
        return try event(attributes, data: data)
    }

    private func event(_ attributes: [String: JSONValue], data: JSONValue) throws -> TriggerEvent {
        var rest = attributes
        func take(_ name: String) throws -> String? {
            guard let value = rest.removeValue(forKey: name), value != .null else { return nil }
            guard let text = value.text else { throw refusal("'\(name)' is no text.", "Send it as a text.") }
            return text
        }
        let version = try take("specversion")
        guard version == "1.0" else {
            throw refusal("Its 'specversion' is \(version.map { "'\($0.printable)'" } ?? "missing").", "Send events of version 1.0.")
        }
        let (id, source, type) = (try take("id") ?? "", try take("source") ?? "", try take("type") ?? "")
        let subject = try take("subject")
        let time = try take("time").map { text in
            guard let time = Self.time(text) else {
                throw refusal("Its 'time' is '\(text.printable)'.", "Write it as 2026-01-31T12:00:00Z.")
            }
            return time
        }
        for name in ["datacontenttype", "dataschema"] { _ = try take(name) }
        guard rest.count <= Self.mostAttributes, rest.allSatisfy({ Self.isExtension($0.key, $0.value) }) else {
            throw refusal(
                "It has an attribute that is none, or more than \(Self.mostAttributes).",
                "Names are lower-case letters and digits, values texts, whole numbers and booleans.")
        }
        return try TriggerEvent(
            source: source, id: id, type: type, subject: subject, time: time ?? clock.now(), data: data, extensions: rest)
    }

    private static func isExtension(_ name: String, _ value: JSONValue) -> Bool {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) }) else {
            return false
        }
        return switch value {
        case .string, .integer, .bool: true
        default: false
        }
    }

    private static func time(_ text: String) -> Timestamp? {
        let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
        return styles.lazy.compactMap { try? $0.parse(text) }.first.map {
            Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded()))
        }
    }

    private func refusal(_ why: String, _ fix: String) -> Problem {
        Problem(.invalid, "pipelines.event.malformed", "The request holds no CloudEvent that can be taken.", why: why, fix: fix)
    }
}
