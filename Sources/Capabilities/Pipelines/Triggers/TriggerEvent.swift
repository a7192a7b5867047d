// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation
package import Governance

/// Something that came, as triggers and their expressions see it: the attributes of a CloudEvent.
package struct TriggerEvent: Sendable, Equatable {
    /// What makes it one: no trigger hears two events of one entry.
    package var entry: String
    package var id: String
    package var source: String
    package var type: String
    package var subject: String?
    package var time: Timestamp
    package var data: JSONValue
    /// Further attributes, by name.
    package var extensions: [String: JSONValue] = [:]
    /// The ledger entry that it is, if it is one.
    package var ledgerEntry: LedgerEntry?
    /// The execution that it came from, as far as that is known.
    package var execution: String?

    package init(_ entry: LedgerEntry) {
        self.entry = entry.id
        id = entry.id
        source = "/workspaces/\(entry.workspace)"
        type = entry.verb
        subject = entry.resource
        time = entry.time
        data = entry.payload
        extensions = ["actor": .string(entry.actor)]
        ledgerEntry = entry
        let parts = entry.resource.split(separator: "/")
        execution = parts.count >= 2 && parts[0] == "execution" ? String(parts[1]) : entry.payload["execution"]?.text
    }

    /// An event that someone sent, one for each source and id.
    ///
    /// - Throws: `Problem` `.invalid` when an attribute that CloudEvents 1.0 wants is missing or too long.
    package init(
        source: String, id: String, type: String, subject: String?, time: Timestamp, data: JSONValue, extensions: [String: JSONValue]
    ) throws(Problem) {
        for (name, text) in [("id", id), ("source", source), ("type", type)] where text.isEmpty || text.utf8.count > 1024 {
            throw Problem(
                .invalid, "pipelines.event.malformed", "The event's '\(name)' is \(text.isEmpty ? "missing" : "longer than 1024 bytes").",
                why: "A CloudEvent has an id, a source and a type.", fix: "Send 'ce-\(name)' with the event.")
        }
        guard [id, source, type, subject ?? ""].allSatisfy({ $0.utf8.allSatisfy { $0 >= 32 && $0 != 127 } }),
            (subject?.utf8.count ?? 0) <= 1024
        else {
            throw Problem(
                .invalid, "pipelines.event.malformed", "An attribute of the event holds a control character, or its subject is too long.")
        }
        entry = "http/" + Self.digest(source, id)
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.data = data
        self.extensions = extensions
        execution = extensions["dhowexecution"]?.text
    }

    /// A time of a schedule.
    init(tick due: Timestamp, of schedule: Schedule, _ trigger: String) {
        entry = Self.entry(ofTick: due)
        id = due.rfc3339
        source = "/triggers/\(trigger)"
        type = "schedule.tick"
        subject = due.rfc3339
        time = due
        let date = schedule.date(at: due)
        data = ["date": .string(date.text), "month": .string(date.monthText), "timeZone": .string(schedule.timeZone)]
    }

    /// A file as it lay there, one for each path and content.
    init(_ file: ArrivedFile, root: String, at time: Timestamp) {
        entry = "file/" + Self.digest("\(root)/\(file.path)", file.digest.description)
        id = entry
        source = "/folders/\(root)"
        type = "file.arrived"
        subject = "\(root)/\(file.path)"
        self.time = time
        data = [
            "root": .string(root), "path": .string(file.path), "name": .string(String(file.path.split(separator: "/").last ?? "")),
            "location": .string(file.location), "size": .integer(file.size), "digest": .string(file.digest.description),
        ]
    }

    static func entry(ofTick due: Timestamp) -> String { "tick/\(due.rfc3339)" }

    /// The parts cannot be shifted against each other: none holds the byte between them.
    private static func digest(_ first: String, _ second: String) -> String {
        SHA256.hash(data: Data("\(first)\0\(second)".utf8)).lowercaseHexadecimal
    }
}
