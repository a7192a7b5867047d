// SPDX-License-Identifier: Apache-2.0

/// What a detector says after a value.
package enum ChangeSignal: Int, Codable, CaseIterable, Comparable, Sendable {
    case stable, warning, change

    package static func < (left: ChangeSignal, right: ChangeSignal) -> Bool { left.rawValue < right.rawValue }
}

/// Watches a stream one value at a time and says where it changed.
///
/// After a change a detector starts afresh with the next value. A value that is not finite is passed over: it changes nothing and answers
/// `.stable`. Detectors of errors read 1 as an error and 0 as none, and accept anything between. Detectors are values: encoding one and
/// going on later gives the same alarms.
package protocol ChangeDetector: Codable, Sendable {
    mutating func update(_ value: Double) -> ChangeSignal
}
