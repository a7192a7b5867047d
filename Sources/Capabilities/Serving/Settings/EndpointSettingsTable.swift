// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// Rows of `endpoint_setting`.
struct EndpointSettingsTable {
    struct Versioned {
        var settings = EndpointSettings()
        /// Counts the changes; 0 for an endpoint that has none.
        var version = 0
    }

    let transaction: any Transaction

    func find(_ endpoint: EndpointName) throws -> Versioned {
        guard
            let row = try transaction.row(
                "SELECT settings, version FROM endpoint_setting WHERE workspace = ? AND endpoint = ?", endpoint.workspace, endpoint.name)
        else { return Versioned() }
        let text: String = try row["settings"]
        return Versioned(settings: try JSONDecoder().decode(EndpointSettings.self, from: Data(text.utf8)), version: try row["version"])
    }

    func changed(since time: Timestamp?) throws -> [EndpointName] {
        try transaction.rows("SELECT workspace, endpoint FROM endpoint_setting WHERE changed >= ?", time ?? Timestamp(milliseconds: 0))
            .map { EndpointName(workspace: try $0["workspace"], name: try $0["endpoint"]) }
    }

    func replace(_ settings: EndpointSettings, of endpoint: EndpointName, at time: Timestamp) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try transaction.execute(
            """
            INSERT INTO endpoint_setting (workspace, endpoint, settings, version, changed) VALUES (?, ?, ?, 1, ?)
            ON CONFLICT (workspace, endpoint)
            DO UPDATE SET settings = excluded.settings, version = endpoint_setting.version + 1, changed = excluded.changed
            """, endpoint.workspace, endpoint.name, String(decoding: try encoder.encode(settings), as: UTF8.self), time)
    }

    /// Endpoints whose predictions are not kept for ever, with the days.
    func retained() throws -> [(endpoint: EndpointName, days: Int)] { try logged { $0.days } }

    /// Endpoints whose predictions leave the database, with the days.
    func archived() throws -> [(endpoint: EndpointName, days: Int)] { try logged { $0.archive } }

    private func logged(_ days: (EndpointSettings.Log) -> Int?) throws -> [(endpoint: EndpointName, days: Int)] {
        try transaction.rows("SELECT workspace, endpoint, settings FROM endpoint_setting").compactMap { row in
            let text: String = try row["settings"]
            guard let log = try JSONDecoder().decode(EndpointSettings.self, from: Data(text.utf8)).log, let days = days(log) else {
                return nil
            }
            return (EndpointName(workspace: try row["workspace"], name: try row["endpoint"]), days)
        }
    }
}
