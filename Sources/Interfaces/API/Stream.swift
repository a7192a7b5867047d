// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A stream and how far it is.
package struct StreamAnswer: Codable, Sendable {
    package var name: String
    /// `in` or `out`.
    package var direction: String
    /// What records in are: `predictions`, `labels` or `features`.
    package var records: String?
    /// One line for people.
    package var place: String
    package var specification: JSONValue
    package var generation: Int
    package var author: String
    package var created: Int64
    package var paused: Int64?
    /// Records whose effect is stored, or events that were sent.
    package var taken: Int64
    /// Records that had been taken before.
    package var repeated: Int64
    /// Records that became dead letters.
    package var refused: Int64
    package var lastTaken: Int64?
    /// What the last attempt failed with.
    package var error: String?
    package var failed: Int64?
    /// Dead letters that there are; only of one stream.
    package var letters: Int?
    package var positions: [StreamPositionAnswer]?

    package init(
        name: String, direction: String, records: String?, place: String, specification: JSONValue, generation: Int, author: String,
        created: Int64, paused: Int64?, taken: Int64, repeated: Int64, refused: Int64, lastTaken: Int64?, error: String?, failed: Int64?,
        letters: Int? = nil, positions: [StreamPositionAnswer]? = nil
    ) {
        self.name = name
        self.direction = direction
        self.records = records
        self.place = place
        self.specification = specification
        self.generation = generation
        self.author = author
        self.created = created
        self.paused = paused
        self.taken = taken
        self.repeated = repeated
        self.refused = refused
        self.lastTaken = lastTaken
        self.error = error
        self.failed = failed
        self.letters = letters
        self.positions = positions
    }
}

/// How far one part of a source has been read, in the source's own words.
package struct StreamPositionAnswer: Codable, Sendable {
    package var part: String
    package var position: String
    package var moved: Int64

    package init(part: String, position: String, moved: Int64) {
        self.part = part
        self.position = position
        self.moved = moved
    }
}

/// A record that could not be taken.
package struct DeadLetterAnswer: Codable, Sendable {
    package var id: String
    package var place: String
    package var code: String
    package var problem: String
    package var headers: [String: String]
    /// As text; what is no UTF-8 is replaced.
    package var body: String
    /// Bytes of all of it; the body is its beginning when it is longer than what is kept.
    package var size: Int64
    package var created: Int64

    package init(
        id: String, place: String, code: String, problem: String, headers: [String: String], body: String, size: Int64, created: Int64
    ) {
        self.id = id
        self.place = place
        self.code = code
        self.problem = problem
        self.headers = headers
        self.body = body
        self.size = size
        self.created = created
    }
}

/// What became of records that were sent.
package struct StreamReceiptAnswer: Codable, Sendable {
    package struct Refusal: Codable, Sendable {
        package var place: String
        package var code: String
        package var problem: String

        package init(place: String, code: String, problem: String) {
            self.place = place
            self.code = code
            self.problem = problem
        }
    }

    package var taken: Int
    package var repeated: Int
    /// Each is a dead letter now.
    package var refused: [Refusal]

    package init(taken: Int, repeated: Int, refused: [Refusal]) {
        self.taken = taken
        self.repeated = repeated
        self.refused = refused
    }
}
