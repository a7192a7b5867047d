// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
package import Governance

/// What is known of one entity at a moment.
package struct FeatureRow: Codable, Equatable, Sendable {
    package var entity: String
    /// When these values became true.
    package var time: Timestamp
    package var values: [String: JSONValue]

    package init(entity: String, time: Timestamp, values: [String: JSONValue]) {
        self.entity = entity
        self.time = time
        self.values = values
    }
}

/// The online store: the newest values of each entity, by feature service.
package struct OnlineFeatures: Sendable {
    /// Most rows of one call.
    package static let maximumRows = 10_000
    private static let maximumValues = 1_000
    private static let maximumEntityBytes = 256
    private static let rowsPerStatement = 100

    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Keeps the newest row of each entity; older ones and repetitions change nothing. All rows or none.
    ///
    /// - Returns: How many rows were newer than what was there.
    package func write(_ rows: [FeatureRow], to service: String, by caller: Caller) async throws -> Int {
        try ResourceName.check(service, of: "feature service")
        let newest = try Self.check(rows)
        let now = governor.clock.now()
        return try await governor.measure(.endpointWrite, by: caller) { transaction in
            try Self.write(newest, to: service, in: caller.workspace, at: now, transaction)
        }
    }

    /// - Parameter rows: One of each entity, checked.
    package static func write(
        _ newest: [FeatureRow], to service: String, in workspace: String, at now: Timestamp, _ transaction: any Transaction
    ) throws -> Int {
        var changed = 0
        for start in stride(from: 0, to: newest.count, by: rowsPerStatement) {
            let part = newest[start..<min(start + rowsPerStatement, newest.count)]
            let places = Array(repeating: "(?, ?, ?, ?, ?, ?)", count: part.count).joined(separator: ", ")
            var arguments: [DatabaseValue] = []
            for row in part {
                let values = String(decoding: try JSONEncoder().encode(row.values), as: UTF8.self)
                arguments += [
                    .text(workspace), .text(service), .text(row.entity), .text(values), .integer(row.time.milliseconds),
                    .integer(now.milliseconds),
                ]
            }
            changed += try transaction.execute(
                """
                INSERT INTO online_feature (workspace, service, entity, features, time, written) VALUES \(places)
                ON CONFLICT (workspace, service, entity)
                DO UPDATE SET features = excluded.features, time = excluded.time, written = excluded.written
                WHERE excluded.time > online_feature.time
                """, values: arguments)
        }
        return changed
    }

    /// - Throws: `Problem` `.notFound`.
    package func row(of entity: String, in service: String, by caller: Caller) async throws -> FeatureRow {
        let found = try await rows(of: [entity], in: service, workspace: caller.workspace, permission: .endpointRead, caller)
        guard let row = found[entity] else {
            throw Problem(
                .notFound, "serving.feature.unknown", "Feature service '\(service.printable)' has nothing of '\(entity.printable)'.",
                fix: "Write it: dhow feature write SERVICE --file FILE --entity COLUMN.")
        }
        return row
    }

    /// The rows of the entities that are known; O(entities) look-ups by key.
    func rows(
        of entities: Set<String>, in service: String, workspace: String, permission: Permission = .inferenceInvoke, _ caller: Caller
    ) async throws -> [String: FeatureRow] {
        try await governor.lookUp(permission, by: caller) { transaction in
            var rows: [String: FeatureRow] = [:]
            for entity in entities {
                guard
                    let row = try transaction.row(
                        "SELECT features, time FROM online_feature WHERE workspace = ? AND service = ? AND entity = ?", workspace, service,
                        entity)
                else { continue }
                let text: String = try row["features"]
                rows[entity] = FeatureRow(
                    entity: entity, time: try row["time"],
                    values: try JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8)))
            }
            return rows
        }
    }

    /// One row for each entity, the newest.
    package static func check(_ rows: [FeatureRow]) throws(Problem) -> [FeatureRow] {
        guard rows.count <= maximumRows else {
            throw Problem(
                .tooLarge, "serving.features.too-many", "There are \(rows.count) rows.", why: "At most \(maximumRows) are taken at once.",
                fix: "Send several requests; repeating one does no harm.")
        }
        var newest: [String: FeatureRow] = [:]
        for (index, row) in rows.enumerated() {
            guard !row.entity.isEmpty, row.entity.utf8.count <= maximumEntityBytes else {
                throw Problem(
                    .invalid, "serving.feature.entity-malformed", "Row \(index) has an entity key of \(row.entity.utf8.count) bytes.",
                    why: "It has 1 to \(maximumEntityBytes).")
            }
            guard row.values.count <= maximumValues else {
                throw Problem(
                    .tooLarge, "serving.feature.too-many-values", "Row \(index) has \(row.values.count) values.",
                    why: "At most \(maximumValues) are kept.")
            }
            if newest[row.entity].map({ $0.time < row.time }) ?? true { newest[row.entity] = row }
        }
        return newest.values.sorted { $0.entity < $1.entity }
    }
}
