// SPDX-License-Identifier: Apache-2.0

package import Domain

/// An event in the form of CloudEvents 1.0, with its attributes checked.
///
/// CloudEvents specification 1.0.2, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md.
package struct CloudEvent: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case none
        case json(JSONValue)
        case bytes([UInt8])
    }

    package static let longestAttribute = 1_024
    package static let mostExtensions = 50

    package var id: String
    package var source: String
    package var type: String
    package var subject: String?
    package var time: Timestamp?
    package var dataContentType: String?
    package var dataSchema: String?
    /// Texts, whole numbers and booleans, by name.
    package var extensions: [String: JSONValue]
    package var content: Content

    /// - Throws: `Problem` `.invalid` that names the attribute.
    package init(
        id: String, source: String, type: String, subject: String? = nil, time: Timestamp? = nil, dataContentType: String? = nil,
        dataSchema: String? = nil, extensions: [String: JSONValue] = [:], content: Content = .none
    ) throws(Problem) {
        for (name, text) in [("id", id), ("source", source), ("type", type)] where text.isEmpty {
            throw Self.refusal(
                "Its '\(name)' is missing or empty.", "Give specversion, id, source and type, each a text that is not empty.")
        }
        for (name, text) in [
            ("id", id), ("source", source), ("type", type), ("subject", subject), ("datacontenttype", dataContentType),
            ("dataschema", dataSchema),
        ] {
            guard let text else { continue }
            guard text.utf8.count <= Self.longestAttribute, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                throw Self.refusal(
                    "Its '\(name)' is longer than \(Self.longestAttribute) bytes or holds a control character.", "Send a shorter text.")
            }
        }
        guard extensions.count <= Self.mostExtensions else {
            throw Self.refusal(
                "It has \(extensions.count) extension attributes; at most \(Self.mostExtensions) are taken.", "Put them into the data.")
        }
        for (name, value) in extensions {
            guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) }) else {
                throw Self.refusal("'\(name.printable)' is not the name of an attribute.", "Names are lower-case letters and digits.")
            }
            switch value {
            case .string(let text) where text.utf8.count <= 4 * Self.longestAttribute: continue
            case .integer, .bool: continue
            default:
                throw Self.refusal(
                    "Its attribute '\(name)' is neither a text, a whole number nor a boolean, or is too long.", "Put it into the data.")
            }
        }
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.dataContentType = dataContentType
        self.dataSchema = dataSchema
        self.extensions = extensions
        self.content = content
    }

    static func refusal(_ why: String, _ fix: String) -> Problem {
        Problem(.invalid, "streams.event.malformed", "This is no CloudEvent that can be taken.", why: why, fix: fix)
    }
}
