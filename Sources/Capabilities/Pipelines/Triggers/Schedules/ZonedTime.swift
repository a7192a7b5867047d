// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Instants and what the clocks of one place show then; all in whole minutes.
struct ZonedTime: Sendable {
    /// A day and a minute of it, as a clock shows them.
    struct Local: Hashable, Sendable {
        var date: CivilDate
        var minute: Int
    }

    private let zone: TimeZone

    init(_ zone: TimeZone) {
        self.zone = zone
    }

    func local(at minute: Int) -> Local {
        let shown = minute + offset(at: minute)
        let days = Int((Double(shown) / 1440).rounded(.down))
        return Local(date: CivilDate(daysSince1970: days), minute: shown - days * 1440)
    }

    /// The minute when clocks first show this, or, when they never do because they are put forward past it, the first one after the gap.
    func instant(showing local: Local) -> Int {
        let shown = local.date.daysSince1970 * 1440 + local.minute
        // Clocks change at most once within two days.
        let before = offset(at: shown - 1440)
        let after = offset(at: shown + 1440)
        for candidate in [shown - before, shown - after].sorted() where candidate + offset(at: candidate) == shown { return candidate }
        var (low, high) = (shown - after, shown - before)
        // The last minute of the old time and the first of the new.
        while low + 1 < high {
            let middle = (low + high) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }

    /// How much clocks are ahead of UTC, in minutes.
    private func offset(at minute: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute) * 60)) / 60
    }
}
