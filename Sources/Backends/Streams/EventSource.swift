// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Records in, from outside. Implementations: folders (`FolderSource` in Streaming), Redis Streams, Kafka.
///
/// It keeps no position of its own that matters: who reads stores the moves of a batch with what the batch did, and gives them back
/// after a restart. So a record that was stored is not given again, and one that was not is not lost.
package protocol EventSource: Sendable {
    /// The next records, oldest first within each part; none when none came while it waited.
    ///
    /// - Parameters:
    ///   - positions: How far each part has been read, by the part's name; a part that is missing is read from its beginning.
    ///   - limit: Most records of one batch.
    ///   - wait: How long to wait for the first record; the answer may take a little longer, never without bound.
    /// - Throws: `Problem` `.unavailable` when the other side is away; the next call tries again.
    func next(after positions: [String: String], limit: Int, waiting wait: Duration) async throws -> SourceBatch

    func close() async
}

/// Records with where they leave the reader.
package struct SourceBatch: Sendable, Equatable {
    package var records: [SourceRecord]
    /// The new position of each part that moved, in the source's own words.
    package var moves: [String: String]

    package init(records: [SourceRecord] = [], moves: [String: String] = [:]) {
        self.records = records
        self.moves = moves
    }
}

/// One record as it came.
package struct SourceRecord: Sendable, Equatable {
    /// Where it came from, for people: a partition and offset, an id, a file and line.
    package var place: String
    /// By their names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]
    /// What the source itself found wrong with it.
    package var fault: Problem?

    package init(place: String, headers: [String: String], body: [UInt8], fault: Problem? = nil) {
        self.place = place
        self.headers = headers
        self.body = body
        self.fault = fault
    }
}
