// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation

/// Which events a stream has taken, by source and id.
struct EventMemory {
    /// How long an event is remembered.
    static let age = Duration.seconds(30 * 86_400)

    let transaction: any Transaction
    let workspace: String
    let stream: String

    /// The parts cannot be shifted against each other: attributes hold no control characters.
    static func key(_ event: CloudEvent) -> String {
        SHA256.hash(data: Data("\(event.source)\0\(event.id)".utf8)).lowercaseHexadecimal
    }

    func known(among keys: [String]) throws -> Set<String> {
        var known: Set<String> = []
        for start in stride(from: 0, to: keys.count, by: 500) {
            let some = keys[start..<min(start + 500, keys.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try transaction.rows(
                "SELECT event FROM stream_event WHERE workspace = ? AND stream = ? AND event IN (\(marks))",
                values: [.text(workspace), .text(stream)] + some.map { .text($0) })
            for row in rows { known.insert(try row["event"]) }
        }
        return known
    }

    func remember(_ keys: [String], at now: Timestamp) throws {
        guard !keys.isEmpty else { return }
        try transaction.insert(
            into: "stream_event (workspace, stream, event, taken)",
            rows: keys.map { [.text(workspace), .text(stream), .text($0), .integer(now.milliseconds)] })
    }

    /// - Returns: How many were forgotten.
    static func forget(before limit: Timestamp, most: Int, in transaction: any Transaction) throws -> Int {
        let events = try transaction.execute(
            """
            DELETE FROM stream_event WHERE (workspace, stream, event) IN
                (SELECT workspace, stream, event FROM stream_event WHERE taken < ? ORDER BY taken LIMIT ?)
            """, limit, most)
        let labels = try transaction.execute(
            """
            DELETE FROM stream_label WHERE (workspace, endpoint, prediction) IN
                (SELECT workspace, endpoint, prediction FROM stream_label WHERE taken < ? ORDER BY taken LIMIT ?)
            """, limit, most)
        return max(events, labels)
    }
}
