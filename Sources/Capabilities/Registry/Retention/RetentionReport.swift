// SPDX-License-Identifier: Apache-2.0

import Tracking

/// What a pass of retention removed, or would.
package struct RetentionReport: Codable, Equatable, Sendable {
    /// Most ids of a kind that a report names.
    package static let mostIDs = 100

    package var isDryRun: Bool
    /// By what becomes of what; those of which there are none are left out.
    package private(set) var lines: [Line] = []

    package enum Action: String, Codable, Sendable, CaseIterable {
        case putRunsAway = "put-runs-away"
        case purgeRuns = "purge-runs"
        case purgeLoggedModels = "purge-logged-models"
        case purgeExperiments = "purge-experiments"
        case deleteTraces = "delete-traces"
    }

    package struct Line: Codable, Equatable, Sendable {
        package var action: Action
        package var count: Int64 = 0
        /// Of their artifacts, which are freed with what is purged; equal bytes that others hold too stay.
        package var files: Int64 = 0
        package var bytes: Int64 = 0
        /// The first `mostIDs` of them.
        package var ids: [String] = []
    }

    package init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    package subscript(action: Action) -> Line { lines.first { $0.action == action } ?? Line(action: action) }

    mutating func add(_ action: Action, _ things: [Retired]) {
        guard !things.isEmpty else { return }
        var line = self[action]
        line.count += Int64(things.count)
        line.files += things.reduce(0) { $0 + $1.files }
        line.bytes += things.reduce(0) { $0 + $1.bytes }
        line.ids += things.prefix(max(0, Self.mostIDs - line.ids.count)).map(\.id)
        lines.removeAll { $0.action == action }
        lines.append(line)
        lines.sort { Action.allCases.firstIndex(of: $0.action) ?? 0 < Action.allCases.firstIndex(of: $1.action) ?? 0 }
    }
}
