// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct EvaluationRecordTable {
    let transaction: any Transaction

    /// By the digests of their inputs.
    func records(with digests: [String], of dataset: String) throws -> [String: EvaluationRecord] {
        var records: [String: EvaluationRecord] = [:]
        try transaction.forEachRow(
            "SELECT * FROM evaluation_record WHERE dataset = ? AND input_digest IN", [.text(dataset)],
            anyOf: digests.map(\.databaseValue), ""
        ) { records[try $0["input_digest"]] = try Self.decode($0) }
        return records
    }

    /// By the digests of their inputs.
    func insert(_ records: [String: EvaluationRecord], of dataset: String) throws {
        // In the order of their ids, the order of the primary key.
        let rows = try records.sorted { $0.value.id < $1.value.id }.map { digest, record -> [DatabaseValue] in
            let content = try Self.content(of: record)
            return [
                .text(dataset), .text(record.id), .text(digest), .text(JSONValue.object(record.inputs).jsonText), content.outputs,
                content.expectations, content.tags, record.source.map { .text($0.kind.rawValue) } ?? .null, content.source, content.size,
                record.created.databaseValue, .text(record.author), record.updated.databaseValue, .text(record.editor),
            ]
        }
        try transaction.insert(
            into: """
                evaluation_record (dataset, id, input_digest, inputs, outputs, expectations, tags, source_kind, source, size, created, author,
                updated, editor)
                """, rows: rows)
    }

    func update(_ records: [EvaluationRecord], of dataset: String) throws {
        for record in records {
            let content = try Self.content(of: record)
            try transaction.execute(
                """
                UPDATE evaluation_record SET outputs = ?, expectations = ?, tags = ?, size = ?, updated = ?, editor = ?
                WHERE dataset = ? AND id = ?
                """,
                values: [
                    content.outputs, content.expectations, content.tags, content.size, record.updated.databaseValue, .text(record.editor),
                    .text(dataset), .text(record.id),
                ])
        }
    }

    /// In the order they were made; a page also ends when its records have many bytes.
    func page(of dataset: String, after id: String?, limit: Int) throws -> (items: [EvaluationRecord], next: String?) {
        var places: [(id: String, size: Int64)] = try transaction.rows(
            "SELECT id, size FROM evaluation_record WHERE dataset = ? AND id > ? ORDER BY id LIMIT \(limit + 1)", dataset, id ?? ""
        ).map { (try $0["id"], try $0["size"]) }
        var hasMore = places.count > limit
        if hasMore { places.removeLast() }
        var bytes: Int64 = 0
        if let end = places.firstIndex(where: { place in
            bytes += place.size
            return bytes > EvaluationLimit.pageBytes
        }), end > 0 {
            places.removeSubrange(end...)
            hasMore = true
        }
        guard let last = places.last?.id else { return ([], nil) }
        let records = try transaction.rows(
            "SELECT * FROM evaluation_record WHERE dataset = ? AND id > ? AND id <= ? ORDER BY id", dataset, id ?? "", last
        ).map(Self.decode)
        return (records, hasMore ? last : nil)
    }

    /// - Returns: How many there were of them.
    func delete(_ ids: [String], of dataset: String) throws -> Int64 {
        var count = 0
        for start in stride(from: 0, to: ids.count, by: 200) {
            let some = ids[start..<min(start + 200, ids.count)]
            let marks = repeatElement("?", count: some.count).joined(separator: ", ")
            count += try transaction.execute(
                "DELETE FROM evaluation_record WHERE dataset = ? AND id IN (\(marks))", values: [.text(dataset)] + some.map(\.databaseValue)
            )
        }
        return Int64(count)
    }

    private struct Content {
        var outputs: DatabaseValue
        var expectations: DatabaseValue
        var tags: DatabaseValue
        var source: DatabaseValue
        var size: DatabaseValue
    }

    private static func content(of record: EvaluationRecord) throws -> Content {
        let tags = JSONValue.object(record.tags).jsonText
        let outputs = record.outputs?.jsonText
        let expectations = record.expectations.map { JSONValue.object($0).jsonText }
        let source = record.source.map { JSONValue.object($0.data).jsonText }
        let inputBytes = JSONValue.object(record.inputs).jsonText.utf8.count
        let size = [tags, outputs, expectations, source].reduce(Int64(inputBytes)) { $0 + Int64($1?.utf8.count ?? 0) }
        guard size <= EvaluationLimit.recordBytes else {
            throw Problem(
                .tooLarge, "tracking.evaluation-record.too-large", "A record of the evaluation dataset has \(size) bytes.",
                why: "At most \(EvaluationLimit.recordBytes) are kept of one.", fix: "Log large values as artifacts, and their place in it."
            )
        }
        return Content(
            outputs: outputs.map(DatabaseValue.text) ?? .null, expectations: expectations.map(DatabaseValue.text) ?? .null,
            tags: .text(tags), source: source.map(DatabaseValue.text) ?? .null, size: .integer(size))
    }

    private static func decode(_ row: Row) throws -> EvaluationRecord {
        let inputs: String = try row["inputs"]
        let tags: String = try row["tags"]
        let outputs: String? = try row["outputs"]
        let expectations: String? = try row["expectations"]
        let data: String? = try row["source"]
        let kind: String? = try row["source_kind"]
        return EvaluationRecord(
            id: try row["id"], inputs: try members(inputs), outputs: try outputs.map { try JSONReader.value(of: $0) },
            expectations: try expectations.map(members), tags: try members(tags),
            source: try kind.flatMap(EvaluationRecord.Source.Kind.init).map {
                EvaluationRecord.Source($0, data: try data.map(members) ?? [:])
            },
            created: try row["created"], author: try row["author"], updated: try row["updated"], editor: try row["editor"])
    }

    private static func members(_ text: String) throws -> [String: JSONValue] {
        guard case .object(let members) = try JSONReader.value(of: text) else { return [:] }
        return members
    }
}
