// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct TraceTable {
    /// A trace as it is stored, with what only we need to know of it.
    struct Entry {
        let key: String
        var trace: Trace
        /// Its program has told the facts of the whole; spans no longer change them.
        var isFinal = false
        var spanBytes: Int64 = 0
        var lifecycle = Lifecycle.active
    }

    let transaction: any Transaction
    let workspace: String

    var tags: TagTable { TagTable("trace_tag", of: "trace", in: transaction) }
    var metadata: TagTable { TagTable("trace_metadata", of: "trace", in: transaction) }
    var spans: TraceSpanTable { TraceSpanTable(transaction: transaction) }
    var assessments: AssessmentTable { AssessmentTable(transaction: transaction) }
    var numbers: TraceNumberTable { TraceNumberTable(transaction: transaction) }
    var links: TraceLinkTable { TraceLinkTable(transaction: transaction, workspace: workspace) }

    /// Also what was deleted.
    func find(_ id: String) throws -> Entry? {
        try transaction.row("SELECT * FROM trace WHERE workspace = ? AND id = ?", workspace, id).map(Self.decode)
    }

    func get(_ id: String) throws -> Entry {
        guard let entry = try find(id), entry.lifecycle == .active else { throw Trace.unknown(id) }
        return entry
    }

    /// The traces there are of these, in no order.
    func get(_ ids: [String]) throws -> [Entry] {
        var entries: [Entry] = []
        for start in stride(from: 0, to: ids.count, by: 200) {
            let some = ids[start..<min(start + 200, ids.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            try transaction.forEachRow(
                "SELECT * FROM trace WHERE workspace = ? AND lifecycle = 'active' AND id IN (\(marks))",
                values: [.text(workspace)] + some.map(\.databaseValue)
            ) { entries.append(try Self.decode($0)) }
        }
        return entries
    }

    /// Tags, metadata and assessments are written apart.
    func insert(_ entry: Entry) throws {
        let trace = entry.trace
        try transaction.execute(
            """
            INSERT INTO trace (key, workspace, id, experiment, state, started, duration, ended, name, client_request_id, request, response,
            location, is_final, span_count, span_bytes, lifecycle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            entry.key, workspace, trace.id, trace.experiment, trace.state, trace.started, trace.duration, trace.ended, trace.name,
            trace.clientRequestID, trace.request, trace.response, trace.location, entry.isFinal, trace.spanCount, entry.spanBytes,
            entry.lifecycle)
    }

    func update(_ entry: Entry) throws {
        let trace = entry.trace
        try transaction.execute(
            """
            UPDATE trace SET experiment = ?, state = ?, started = ?, duration = ?, ended = ?, name = ?, client_request_id = ?, request = ?,
            response = ?, location = ?, is_final = ?, span_count = ?, span_bytes = ?, lifecycle = ? WHERE key = ?
            """,
            trace.experiment, trace.state, trace.started, trace.duration, trace.ended, trace.name, trace.clientRequestID, trace.request,
            trace.response, trace.location, entry.isFinal, trace.spanCount, entry.spanBytes, entry.lifecycle, entry.key)
    }

    /// Adds tags, metadata and assessments, in a fixed number of statements per 200 traces.
    func complete(_ entries: [Entry]) throws -> [Trace] {
        let keys = entries.map(\.key)
        let tags = try tags.tags(of: keys)
        let metadata = try metadata.tags(of: keys)
        let assessments = try assessments.assessments(of: keys)
        return entries.map { entry in
            var trace = entry.trace
            trace.tags = tags[entry.key] ?? []
            trace.metadata = metadata[entry.key] ?? []
            trace.assessments = assessments[entry.key] ?? []
            return trace
        }
    }

    /// Ids and keys of an experiment's traces, the oldest first.
    func oldest(in experiment: Int64, ids: [String]?, through time: Timestamp?, limit: Int) throws -> [(id: String, key: String)] {
        var sql = "SELECT id, key FROM trace WHERE workspace = ? AND experiment = ? AND lifecycle = 'active'"
        var values: [DatabaseValue] = [.text(workspace), .integer(experiment)]
        if let ids {
            sql += " AND id IN (\(ids.map { _ in "?" }.joined(separator: ", ")))"
            values += ids.map(\.databaseValue)
        }
        if let time {
            sql += " AND started <= ?"
            values.append(time.databaseValue)
        }
        sql += " ORDER BY started, id LIMIT \(limit)"
        return try transaction.rows(sql, values: values).map { (try $0["id"], try $0["key"]) }
    }

    /// Leaves of a trace no more than that it was there.
    func delete(_ keys: [String]) throws {
        for table in ["trace_span_attribute", "trace_span", "trace_assessment", "trace_tag", "trace_metadata", "trace_number"] {
            try execute("DELETE FROM \(table) WHERE trace IN", keys)
        }
        try execute(
            """
            UPDATE trace SET lifecycle = 'deleted', name = NULL, client_request_id = NULL, request = NULL, response = NULL, span_count = 0,
            span_bytes = 0 WHERE key IN
            """, keys)
    }

    private func execute(_ sql: String, _ keys: [String]) throws {
        for start in stride(from: 0, to: keys.count, by: 200) {
            let some = keys[start..<min(start + 200, keys.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            try transaction.execute("\(sql) (\(marks))", values: some.map(\.databaseValue))
        }
    }

    static func decode(_ row: Row) throws -> Entry {
        var trace = Trace(
            id: try row["id"], experiment: try row["experiment"], state: try row["state"], started: try row["started"],
            duration: try row["duration"], name: try row["name"], clientRequestID: try row["client_request_id"],
            request: try row["request"], response: try row["response"])
        trace.location = try row["location"]
        trace.spanCount = try row["span_count"]
        return Entry(
            key: try row["key"], trace: trace, isFinal: try row["is_final"], spanBytes: try row["span_bytes"],
            lifecycle: try row["lifecycle"])
    }
}

extension Trace {
    fileprivate var ended: Timestamp { Timestamp(milliseconds: started.milliseconds + (duration ?? 0)) }
}

/// What traces belong to; a trace need not have arrived yet.
struct TraceLinkTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ traces: [String], _ kind: TraceLink.Kind, _ targets: [String]) throws {
        try transaction.insert(
            into: "trace_link (workspace, trace, kind, target)",
            rows: Set(traces).flatMap { trace in
                Set(targets).map { [.text(workspace), .text(trace), kind.databaseValue, .text($0)] }
            },
            "ON CONFLICT (workspace, trace, kind, target) DO NOTHING")
    }

    func targets(_ kind: TraceLink.Kind, of trace: String) throws -> [String] {
        try transaction.rows(
            "SELECT target FROM trace_link WHERE workspace = ? AND trace = ? AND kind = ? ORDER BY target", workspace, trace, kind
        ).map { try $0["target"] }
    }
}
