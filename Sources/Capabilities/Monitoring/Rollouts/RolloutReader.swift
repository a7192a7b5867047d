// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// How far one stream of rows has been read: in order of time, then id.
struct RolloutCursor: Equatable, Sendable {
    var time: Timestamp
    var id: String

    /// Before everything at or after `time`.
    init(from time: Timestamp) {
        self.time = time
        id = ""
    }

    init(time: Timestamp, id: String) {
        self.time = time
        self.id = id
    }
}

/// Reads the predictions and labels of a rollout as they come in; O(new rows), by index.
struct RolloutReader {
    let transaction: any Transaction
    let workspace: String
    let endpoint: String
    let candidate: Int
    /// The input whose value is the answer's segment; nil where the plan has no segments.
    var segmentInput: String?

    /// Predictions logged after the cursor while this candidate took part, in the order they were logged.
    func forEachAnswer(after cursor: RolloutCursor, _ body: (RolloutAnswer, RolloutCursor) throws -> Void) throws {
        try transaction.forEachRow(
            """
            SELECT id, revision, candidate_percent, score, logged\(segmentInput == nil ? "" : ", inputs") FROM prediction
            WHERE workspace = ? AND endpoint = ? AND candidate = ? AND logged >= ? AND (logged > ? OR id > ?) ORDER BY logged, id
            """,
            values: [
                .text(workspace), .text(endpoint), .integer(Int64(candidate)), .integer(cursor.time.milliseconds),
                .integer(cursor.time.milliseconds), .text(cursor.id),
            ]
        ) { row in
            try body(try answer(row), RolloutCursor(time: try row["logged"], id: try row["id"]))
        }
    }

    /// Labels that came in after the cursor, in order of arrival. A label that was corrected counts once, as it first was.
    func forEachLabel(
        after cursor: RolloutCursor, from start: Timestamp, _ body: (RolloutAnswer, Double, RolloutCursor) throws -> Void
    ) throws {
        try transaction.forEachRow(
            """
            SELECT prediction.id AS id, revision, candidate_percent, score\(segmentInput == nil ? "" : ", inputs"), label.value AS value, label.received AS received,
                (SELECT value FROM label_history WHERE label_history.workspace = label.workspace AND label_history.endpoint = label.endpoint
                    AND label_history.prediction = label.prediction ORDER BY replaced, received LIMIT 1) AS first_value,
                (SELECT received FROM label_history WHERE label_history.workspace = label.workspace AND label_history.endpoint = label.endpoint
                    AND label_history.prediction = label.prediction ORDER BY replaced, received LIMIT 1) AS first_received
            FROM label JOIN prediction ON prediction.id = label.prediction AND prediction.workspace = label.workspace
                AND prediction.endpoint = label.endpoint
            WHERE label.workspace = ? AND label.endpoint = ? AND label.received >= ? AND (label.received > ? OR label.prediction > ?)
                AND prediction.candidate = ? AND prediction.logged >= ?
            ORDER BY label.received, label.prediction
            """,
            values: [
                .text(workspace), .text(endpoint), .integer(cursor.time.milliseconds), .integer(cursor.time.milliseconds), .text(cursor.id),
                .integer(Int64(candidate)), .integer(start.milliseconds),
            ]
        ) { row in
            let place = RolloutCursor(time: try row["received"], id: try row["id"])
            let first: Timestamp? = try row["first_received"]
            // Taken in as it first was; the correction only moved it behind the cursor.
            if let first, first < cursor.time || (first == cursor.time && place.id <= cursor.id) { return }
            try body(try answer(row), try row["first_value"] ?? row["value"], place)
        }
    }

    private func answer(_ row: Row) throws -> RolloutAnswer {
        var answer = RolloutAnswer(
            id: try row["id"], revision: try row["revision"], candidatePercent: try row["candidate_percent"], score: try row["score"])
        if let segmentInput {
            let inputs: String = try row["inputs"]
            answer.segment = try DocumentText.decode(JSONValue.self, from: inputs)[segmentInput]?.segmentName
        }
        return answer
    }
}

extension JSONValue {
    /// The value as a plan names it.
    fileprivate var segmentName: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .bool(let bool): String(bool)
        default: nil
        }
    }
}
