// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Serving

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
    /// The input whose value is the answer's entity; nil where the endpoint keeps none together.
    var entityInput: String?
    /// The version that answers as a shadow; nil without one.
    var shadow: ServedVersion?
    /// Whether what revisions took and refused is asked for.
    var readsLoads = false

    private var inputsColumn: String { segmentInput == nil && entityInput == nil ? "" : ", prediction.inputs AS inputs" }

    /// Requests that the shadow answered after the cursor, in the order in which it did.
    func forEachPair(after cursor: RolloutCursor, _ body: (ShadowPair, RolloutCursor) throws -> Void) throws {
        guard let shadow else { return }
        try transaction.forEachRow(
            """
            SELECT shadow_prediction.id AS id, prediction.score AS given, shadow_prediction.score AS mirrored, shadow_prediction.logged AS logged
            FROM shadow_prediction JOIN prediction ON prediction.id = shadow_prediction.id
                AND prediction.workspace = shadow_prediction.workspace AND prediction.endpoint = shadow_prediction.endpoint
            WHERE shadow_prediction.workspace = ? AND shadow_prediction.endpoint = ? AND shadow_prediction.model = ?
                AND shadow_prediction.version = ? AND shadow_prediction.logged >= ?
                AND (shadow_prediction.logged > ? OR shadow_prediction.id > ?)
            ORDER BY shadow_prediction.logged, shadow_prediction.id
            """,
            values: [
                .text(workspace), .text(endpoint), .text(shadow.model), .integer(Int64(shadow.number)), .integer(cursor.time.milliseconds),
                .integer(cursor.time.milliseconds), .text(cursor.id),
            ]
        ) { row in
            try body(
                ShadowPair(id: try row["id"], stableScore: try row["given"], shadowScore: try row["mirrored"]),
                RolloutCursor(time: try row["logged"], id: try row["id"]))
        }
    }

    /// What a shadow answered to a request whose label came in; nil when it was not asked.
    func pair(_ answer: RolloutAnswer) throws -> ShadowPair? {
        guard let shadow else { return nil }
        return try transaction.row(
            """
            SELECT score FROM shadow_prediction WHERE workspace = ? AND endpoint = ? AND model = ? AND version = ? AND id = ?
            """, workspace, endpoint, shadow.model, shadow.number, answer.id
        ).map { ShadowPair(id: answer.id, stableScore: answer.score, shadowScore: try $0["score"]) }
    }

    /// Predictions logged after the cursor while this candidate took part, in the order they were logged.
    func forEachAnswer(after cursor: RolloutCursor, _ body: (RolloutAnswer, RolloutCursor) throws -> Void) throws {
        try transaction.forEachRow(
            """
            SELECT id, revision, candidate_percent, score, logged, microseconds, request_rows\(inputsColumn) FROM prediction
            WHERE workspace = ? AND endpoint = ? AND candidate = ? AND logged >= ? AND (logged > ? OR id > ?) ORDER BY logged, id
            """,
            values: [
                .text(workspace), .text(endpoint), .integer(Int64(candidate)), .integer(cursor.time.milliseconds),
                .integer(cursor.time.milliseconds), .text(cursor.id),
            ]
        ) { row in
            var answer = try answer(row)
            // How long several rows take depends on how the request was divided.
            let rows: Int? = try row["request_rows"]
            if rows == 1 { answer.microseconds = try row["microseconds"] }
            try body(answer, RolloutCursor(time: try row["logged"], id: try row["id"]))
        }
    }

    /// What the revisions took and refused while this candidate took part; nil where nobody asks.
    func loads() throws -> [RevisionLoad]? {
        readsLoads ? try RevisionLoadTable(transaction: transaction).loads(of: endpoint, in: workspace, candidate: candidate) : nil
    }

    /// Labels that came in after the cursor, in order of arrival. A label that was corrected counts once, as it first was.
    func forEachLabel(
        after cursor: RolloutCursor, from start: Timestamp, _ body: (RolloutAnswer, Double, RolloutCursor) throws -> Void
    ) throws {
        try transaction.forEachRow(
            """
            SELECT prediction.id AS id, revision, candidate_percent, score\(inputsColumn), label.value AS value, label.received AS received,
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
        guard segmentInput != nil || entityInput != nil else { return answer }
        let inputs = try DocumentText.decode(JSONValue.self, from: try row["inputs"])
        if let segmentInput { answer.segment = inputs[segmentInput]?.plainText }
        if let entityInput { answer.entity = inputs[entityInput]?.plainText.map { StableHash.of($0, salt: "rollout-entity") } }
        return answer
    }
}

extension JSONValue {
    /// The value as a plan names it.
    fileprivate var plainText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .bool(let bool): String(bool)
        default: nil
        }
    }
}
