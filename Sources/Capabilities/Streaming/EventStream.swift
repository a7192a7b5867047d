// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A stream as it stands.
package struct EventStream: Codable, Sendable, Equatable {
    package static let principalPrefix = "stream/"

    package var specification: StreamSpecification
    package var generation: Int
    package var author: String
    package var created: Timestamp
    package var changed: Timestamp
    package var paused: Timestamp?

    package var name: String { specification.name }
    package var resource: String { "stream/\(name)" }

    static func unknown(_ name: String) -> Problem {
        Problem(.notFound, "streams.stream.unknown", "There is no stream '\(name.printable)'.", fix: "List them: dhow stream list.")
    }
}

/// How far a stream is. Counts since it was made.
package struct StreamProgress: Codable, Sendable, Equatable {
    /// Records whose effect is stored, events that were sent.
    package var taken: Int64 = 0
    /// Records that had been taken before.
    package var repeated: Int64 = 0
    /// Records that were put on the list of dead letters, those that have left it among them.
    package var refused: Int64 = 0
    package var lastTaken: Timestamp?
    /// What the last attempt failed with; nil when it did not.
    package var error: String?
    package var failed: Timestamp?

    package init() {}
}

/// How far one part of a source has been read.
package struct StreamPosition: Codable, Sendable, Equatable {
    package var part: String
    package var position: String
    package var moved: Timestamp
}

/// A record that could not be taken.
package struct DeadLetter: Codable, Sendable, Equatable {
    /// What is kept of a record.
    package static let longestBody = 64 << 10

    package var id: String
    /// Where it came from.
    package var place: String
    package var code: String
    package var problem: String
    package var headers: [String: String]
    /// Its beginning when it is longer than `longestBody`.
    package var body: [UInt8]
    /// Of all of it.
    package var size: Int64
    package var created: Timestamp

    package var isWhole: Bool { size == Int64(body.count) }
}
