// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Something that waits for a person: opened by a rule of a monitor, or by an alert from outside.
///
/// Of one monitor, rule, version and segment at most one is open: what is seen again while it is open belongs to it, and what comes back
/// within the cooldown reopens it.
package struct Incident: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case dataFault = "data-fault"
        case performance
        case drift
        /// Late, failing or missing answers, rows or labels.
        case operations
        /// Told by a system outside.
        case external

        /// Whether nothing may be retrained on the endpoint's data while it is open.
        package var blocksRetraining: Bool { self == .dataFault }
    }

    package enum Severity: String, Codable, CaseIterable, Sendable, Comparable {
        case info, warning, critical

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
    }

    package enum Resolution: String, Codable, CaseIterable, Sendable {
        /// The cause is gone; for data, windows so judged stay unfit for comparison.
        case repaired
        /// The data are right as they now are; later windows may be compared with them.
        case accepted
        /// There was nothing: counts against the precision of its rule.
        case falseAlarm = "false-alarm"
        /// Its rule saw enough clean windows, or another version answers.
        case recovered
        /// Its monitor was deleted.
        case withdrawn

        /// Whether a person may give it.
        package var isGiven: Bool { self == .repaired || self == .accepted || self == .falseAlarm }
    }

    package enum Status: String, Codable, CaseIterable, Sendable {
        case open, acknowledged, snoozed, closed
    }

    package var id: String
    package var endpoint: String
    package var monitor: String
    package var kind: Kind
    /// As it was when the incident was opened; it stays, so that receivers know the incident again.
    package var severity: Severity = .critical
    /// Which rule of the monitor opened it, such as `data-fault` or `performance`.
    package var rule: String
    /// Nil for what concerns no version alone.
    package var version: Int?
    /// Such as `carrier=AA`; empty for all rows.
    package var segment: String = ""
    package var summary: String
    /// Name of the principal who looks after it.
    package var owner: String?
    /// The first window in which it was seen.
    package var window: Window
    /// The end of the last window in which it was seen, and in how many it was.
    package var lastSeen: Timestamp
    package var seenCount = 1
    /// Nil for what came from outside.
    package var evaluation: String?
    package var opened: Timestamp
    package var reopenedCount = 0
    package var acknowledged: Timestamp?
    package var acknowledgedBy: String?
    package var snoozedUntil: Timestamp?
    package var closed: Timestamp?
    package var closedBy: String?
    package var resolution: Resolution?
    package var note: String?

    package var isOpen: Bool { closed == nil }

    package var status: Status {
        if closed != nil { return .closed }
        if snoozedUntil != nil { return .snoozed }
        return acknowledged == nil ? .open : .acknowledged
    }

    package var resource: String { "incident/\(id)" }
}
