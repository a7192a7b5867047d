// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Serving

/// A record with what it asks for.
struct StreamRecord: Sendable {
    enum Effect: Sendable {
        case prediction(OutsidePrediction)
        case label(Label, Timestamp)
        case features(FeatureRow)
    }

    /// How far ahead of this server's clock a record's time may be.
    static let skew = Duration.seconds(300)
    private static let mostValues = 1_000

    let record: SourceRecord
    /// Of its event: `EventMemory.key`.
    let key: String
    let effect: Effect

    /// - Throws: `Problem` `.invalid` for what is no event, or has not the data that the stream's records have.
    init(_ record: SourceRecord, as records: StreamSpecification.Records, at now: Timestamp) throws {
        if let fault = record.fault { throw fault }
        let event = try CloudEvent(headers: record.headers, body: record.body, isEncoded: false)
        guard case .json(.object(let data)) = event.content else {
            throw Self.refusal("Its data are no JSON object.", "Send the values as an object.")
        }
        self.record = record
        key = EventMemory.key(event)
        let time = try Self.time(data["time"]) ?? event.time ?? now
        guard time <= now + Self.skew else {
            throw Problem(
                .invalid, "streams.record.future", "The record is about \(time.rfc3339), which is still to come.",
                why: "It is more than \(Self.skew.components.seconds) seconds ahead of this server's clock.",
                fix: "Set the sender's clock; then try the dead letter again.")
        }
        switch records {
        case .predictions: effect = .prediction(try Self.prediction(data, event, time))
        case .labels: effect = .label(try Self.label(data, event), time)
        case .features: effect = .features(try Self.features(data, event, time))
        }
    }

    private static func prediction(_ data: [String: JSONValue], _ event: CloudEvent, _ time: Timestamp) throws -> OutsidePrediction {
        let id = try text("prediction", data) ?? event.subject ?? event.id
        try Labels.check(prediction: id)
        let score = try data["score"].flatMap { value -> Double? in
            if value == .null { return nil }
            guard let number = value.double else { throw refusal("Its 'score' is no number.", "Send a number, or null for none.") }
            return number.isFinite ? number : nil
        }
        let revision = try data["revision"].flatMap { value -> Int? in
            if value == .null { return nil }
            guard let number = value.integer, (1...1_000_000_000).contains(number) else {
                throw refusal("Its 'revision' is no number from 1.", "Name a revision of the endpoint, or leave it out.")
            }
            return Int(number)
        }
        let inputs = try values("inputs", data, beside: ["prediction", "time", "score", "revision", "outputs"])
        let outputs = try data["outputs"].flatMap { value -> [String: JSONValue]? in
            if value == .null { return nil }
            guard case .object(let outputs) = value else { throw refusal("Its 'outputs' are no object.", "Send values by output name.") }
            return outputs.mapValues(\.finite)
        }
        return OutsidePrediction(id: id, time: time, revision: revision, inputs: inputs, score: score, outputs: outputs)
    }

    private static func label(_ data: [String: JSONValue], _ event: CloudEvent) throws -> Label {
        guard let id = try text("prediction", data) ?? event.subject else {
            throw refusal("It does not say which prediction it is about.", "Give 'prediction' in the data, or the event's subject.")
        }
        try Labels.check(prediction: id)
        let value: Double? =
            switch data["value"] {
            case .bool(let flag)?: flag ? 1 : 0
            case let value?: value.double
            case nil: nil
            }
        guard let value, value.isFinite else {
            throw refusal("Its 'value' is no finite number.", "Send a number; leave out labels that are not known yet.")
        }
        return Label(predictionID: id, value: value)
    }

    private static func features(_ data: [String: JSONValue], _ event: CloudEvent, _ time: Timestamp) throws -> FeatureRow {
        guard let entity = try text("entity", data) ?? event.subject, !entity.utf8.contains(0) else {
            throw refusal("It does not say which entity it is about.", "Give 'entity' in the data, or the event's subject.")
        }
        let row = FeatureRow(entity: entity, time: time, values: try values("values", data, beside: ["entity", "time"]))
        _ = try OnlineFeatures.check([row])
        return row
    }

    /// The members of the object of that name; without one, all members but the others that have a meaning, as rows of files have them.
    private static func values(
        _ name: String, _ data: [String: JSONValue], beside known: Set<String>
    ) throws(Problem) -> [String: JSONValue] {
        var values: [String: JSONValue]
        switch data[name] {
        case .object(let members)?: values = members
        case nil: values = data.filter { !known.contains($0.key) }
        default: throw refusal("Its '\(name)' are no object.", "Send values by name.")
        }
        guard values.count <= mostValues else {
            throw refusal("It has \(values.count) values; at most \(mostValues) are taken.", "Send fewer.")
        }
        return values.mapValues(\.finite)
    }

    private static func text(_ name: String, _ data: [String: JSONValue]) throws(Problem) -> String? {
        switch data[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        // Files have keys that look like numbers.
        case .integer(let number)?: return String(number)
        default: throw refusal("Its '\(name)' is no text.", "Send it as a text.")
        }
    }

    private static func time(_ value: JSONValue?) throws(Problem) -> Timestamp? {
        switch value {
        case nil, .null?: return nil
        case .integer(let milliseconds)?: return Timestamp(milliseconds: milliseconds)
        case .string(let text)?:
            if let time = Timestamp(rfc3339: text) { return time }
        default: break
        }
        throw refusal("Its 'time' is no time.", "Write 2026-01-31T12:00:00Z, or milliseconds since 1970.")
    }

    private static func refusal(_ why: String, _ fix: String) -> Problem {
        Problem(.invalid, "streams.record.malformed", "The record is not what this stream takes.", why: why, fix: fix)
    }
}

extension JSONValue {
    /// With null for each number that is none.
    fileprivate var finite: JSONValue {
        switch self {
        case .number(let number) where !number.isFinite: .null
        case .array(let elements): .array(elements.map(\.finite))
        case .object(let members): .object(members.mapValues(\.finite))
        default: self
        }
    }
}
