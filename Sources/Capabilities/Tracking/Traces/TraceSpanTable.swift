// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

struct TraceSpanTable {
    /// What a span holds beside the columns that are searched.
    private struct Content: Codable {
        var trace: String
        var attributes: [SpanAttribute]
        var events: [TraceSpan.Event]
        var links: [TraceSpan.Link]
        var state: String?
    }

    let transaction: any Transaction

    /// Writes spans, each in the place of an earlier one with its id.
    ///
    /// - Returns: By how much the number of spans and their bytes grew.
    /// - Complexity: O(bytes of the spans); two look-ups and a bounded number of statements per 200 spans.
    func put(_ spans: [TraceSpan], of key: String) throws -> (count: Int64, bytes: Int64) {
        // Of a span told twice in one batch the last word counts.
        var last: [String: TraceSpan] = [:]
        for span in spans { last[span.id] = span }
        var known: [String: Int64] = [:]
        let ids = last.keys.sorted()
        try forEach("SELECT id, size FROM trace_span WHERE trace = ? AND id IN", key, ids) { known[try $0["id"]] = try $0["size"] }
        if !known.isEmpty {
            for start in stride(from: 0, to: ids.count, by: 200) {
                let some = ids[start..<min(start + 200, ids.count)]
                let marks = some.map { _ in "?" }.joined(separator: ", ")
                try transaction.execute(
                    "DELETE FROM trace_span_attribute WHERE trace = ? AND span IN (\(marks))",
                    values: [.text(key)] + some.map(\.databaseValue))
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        var rows: [[DatabaseValue]] = []
        var attributes: [[DatabaseValue]] = []
        var bytes: Int64 = 0
        for id in ids {
            guard let span = last[id] else { continue }
            let content = String(decoding: try encoder.encode(Self.content(of: span)), as: UTF8.self)
            let size = Int64(content.utf8.count)
            guard size <= TraceLimit.spanBytes else { throw TraceLimit.spanTooLarge(span, size) }
            bytes += size - (known[id] ?? 0)
            rows.append([
                .text(key), .text(id), span.parent?.databaseValue ?? .null, .text(Self.storable(span.name, TraceLimit.nameBytes)),
                span.type.map { .text(Self.storable($0, TraceLimit.nameBytes)) } ?? .null, .integer(span.kind), span.status.databaseValue,
                .text(Self.storable(span.message, TraceLimit.messageBytes)), .integer(span.started), span.ended?.databaseValue ?? .null,
                .text(content), .integer(size),
            ])
            attributes += Self.searchable(span, of: key)
        }
        try transaction.insert(
            into: "trace_span (trace, id, parent, name, type, kind, status, message, started, ended, content, size)", rows: rows,
            """
            ON CONFLICT (trace, id) DO UPDATE SET parent = excluded.parent, name = excluded.name, type = excluded.type,
            kind = excluded.kind, status = excluded.status, message = excluded.message, started = excluded.started,
            ended = excluded.ended, content = excluded.content, size = excluded.size
            """)
        try transaction.insert(into: "trace_span_attribute (trace, span, key, value)", rows: attributes)
        return (Int64(ids.count - known.count), bytes)
    }

    /// The root first, then by their start.
    func spans(of key: String) throws -> [TraceSpan] {
        let decoder = JSONDecoder()
        var spans: [TraceSpan] = []
        try transaction.forEachRow(
            "SELECT * FROM trace_span WHERE trace = ? ORDER BY CASE WHEN parent IS NULL THEN 0 ELSE 1 END, started, id",
            values: [.text(key)]
        ) { row in
            let text: String = try row["content"]
            let content = try decoder.decode(Content.self, from: Data(text.utf8))
            spans.append(
                TraceSpan(
                    traceID: content.trace, id: try row["id"], parent: try row["parent"], name: try row["name"], type: try row["type"],
                    kind: try row["kind"], status: try row["status"], message: try row["message"], started: try row["started"],
                    ended: try row["ended"], attributes: content.attributes, events: content.events, links: content.links,
                    state: content.state ?? ""))
        }
        return spans
    }

    private static func content(of span: TraceSpan) -> Content {
        Content(
            trace: span.traceID, attributes: span.attributes, events: span.events, links: span.links,
            state: span.state.isEmpty ? nil : span.state)
    }

    private static func searchable(_ span: TraceSpan, of key: String) -> [[DatabaseValue]] {
        var last: [String: SpanValue] = [:]
        for attribute in span.attributes.prefix(TraceLimit.searchableAttributes) {
            let name = storable(attribute.key, TrackingKey.maximumLength)
            if name.utf8.count == attribute.key.utf8.count { last[name] = attribute.value }
        }
        return last.map { name, value in
            [.text(key), .text(span.id), .text(name), .text(storable(value.searchText, TraceLimit.searchableBytes))]
        }
    }

    /// Without U+0000, which one of the engines cannot store.
    private static func storable(_ text: String, _ limit: Int) -> String {
        TrackingKey.shortened(text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text, to: limit)
    }

    private func forEach(_ sql: String, _ key: String, _ ids: [String], _ body: (Row) throws -> Void) throws {
        for start in stride(from: 0, to: ids.count, by: 200) {
            let some = ids[start..<min(start + 200, ids.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            try transaction.forEachRow("\(sql) (\(marks))", values: [.text(key)] + some.map(\.databaseValue), body)
        }
    }
}
