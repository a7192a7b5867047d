// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

struct AssessmentTable {
    /// What an assessment holds beside the columns that are searched.
    private struct Content: Codable {
        var value: JSONValue
        var source: Assessment.Source
        var span: String?
        var rationale: String?
        var failure: Assessment.Failure?
        var metadata: [Tag]
    }

    let transaction: any Transaction

    func insert(_ assessment: Assessment, of key: String) throws {
        try transaction.execute(
            """
            INSERT INTO trace_assessment (trace, id, kind, key, value, number, score, json, content, overrides, is_valid, created, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            key, assessment.id, assessment.kind, assessment.name, try Self.text(of: assessment.value), assessment.value.double,
            assessment.value.score, Self.json(of: assessment.value), try Self.content(of: assessment), assessment.overrides,
            assessment.isValid, assessment.created, assessment.updated)
    }

    func update(_ assessment: Assessment, of key: String) throws {
        try transaction.execute(
            """
            UPDATE trace_assessment SET key = ?, value = ?, number = ?, score = ?, json = ?, content = ?, is_valid = ?, updated = ?
            WHERE trace = ? AND id = ?
            """,
            assessment.name, try Self.text(of: assessment.value), assessment.value.double, assessment.value.score,
            Self.json(of: assessment.value), try Self.content(of: assessment),
            assessment.isValid, assessment.updated, key, assessment.id)
    }

    func find(_ id: String, of key: String) throws -> Assessment? {
        try transaction.row("SELECT * FROM trace_assessment WHERE trace = ? AND id = ?", key, id).map(Self.decode)
    }

    /// - Returns: Whether there was one.
    func set(isValid: Bool, _ id: String, of key: String) throws -> Bool {
        try transaction.execute("UPDATE trace_assessment SET is_valid = ? WHERE trace = ? AND id = ?", isValid, key, id) > 0
    }

    func delete(_ id: String, of key: String) throws {
        try transaction.execute("DELETE FROM trace_assessment WHERE trace = ? AND id = ?", key, id)
    }

    /// By trace, in the order they were made.
    func assessments(of keys: [String]) throws -> [String: [Assessment]] {
        var assessments: [String: [Assessment]] = [:]
        try transaction.forEachRow(
            "SELECT * FROM trace_assessment WHERE trace IN", anyOf: keys.map(\.databaseValue), "ORDER BY trace, created, id"
        ) { row in assessments[try row["trace"], default: []].append(try Self.decode(row)) }
        return assessments
    }

    func count(of key: String) throws -> Int64 {
        try transaction.row("SELECT COUNT(*) AS count FROM trace_assessment WHERE trace = ?", key)?["count"] ?? 0
    }

    /// What searches compare: a text as it is, all else as JSON.
    private static func text(of value: JSONValue) throws -> String {
        if case .string(let text) = value { return TrackingKey.shortened(text, to: TraceLimit.searchableBytes) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return TrackingKey.shortened(
            String(decoding: try encoder.encode(value), as: UTF8.self), to: TraceLimit.searchableBytes)
    }

    /// What groups are told apart by; a whole number has no point.
    private static func json(of value: JSONValue) -> String {
        var value = value
        if case .number(let number) = value, let whole = Int64(exactly: number) { value = .integer(whole) }
        return TrackingKey.shortened(value.jsonText, to: TraceLimit.searchableBytes)
    }

    private static func content(of assessment: Assessment) throws -> String {
        let content = Content(
            value: assessment.value, source: assessment.source, span: assessment.span, rationale: assessment.rationale,
            failure: assessment.failure, metadata: assessment.metadata)
        return String(decoding: try JSONEncoder().encode(content), as: UTF8.self)
    }

    private static func decode(_ row: Row) throws -> Assessment {
        let text: String = try row["content"]
        let content = try JSONDecoder().decode(Content.self, from: Data(text.utf8))
        var assessment = Assessment(
            kind: try row["kind"], name: try row["key"], value: content.value, source: content.source, span: content.span,
            rationale: content.rationale, failure: content.failure, metadata: content.metadata, overrides: try row["overrides"],
            created: try row["created"], updated: try row["updated"])
        assessment.id = try row["id"]
        assessment.isValid = try row["is_valid"]
        return assessment
    }
}

extension JSONValue {
    /// What an assessment's value says as a number; nil when it says none.
    fileprivate var score: Double? {
        switch self {
        case .bool(let flag): return flag ? 1 : 0
        case .integer, .number: return double.flatMap { $0.isFinite ? $0 : nil }
        case .string(let text):
            switch text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased() {
            case "yes": return 1
            case "no": return 0
            default: return nil
            }
        case .null, .array, .object: return nil
        }
    }
}
