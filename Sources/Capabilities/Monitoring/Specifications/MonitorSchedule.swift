// SPDX-License-Identifier: Apache-2.0

import Domain

/// Which windows are judged without being asked: of one length, one after the other, counted from 1970-01-01T00:00Z.
package struct MonitorSchedule: Codable, Equatable, Sendable {
    package static let shortestSeconds = 60
    package static let longestSeconds = 366 * 86_400
    package static let longestLatenessSeconds = 90 * 86_400

    /// Length of a window.
    package var everySeconds: Int
    /// How long after its end a window is judged: rows and labels that come later are not in it.
    package var latenessSeconds: Int

    package init(everySeconds: Int, latenessSeconds: Int = 3600) {
        self.everySeconds = everySeconds
        self.latenessSeconds = latenessSeconds
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        everySeconds = try container.decode(Int.self, forKey: .everySeconds)
        latenessSeconds = try container.decodeIfPresent(Int.self, forKey: .latenessSeconds) ?? 3600
    }

    /// What is out of range; nil when nothing is.
    var fault: String? {
        guard (Self.shortestSeconds...Self.longestSeconds).contains(everySeconds) else {
            return "'schedule.everySeconds' is \(Self.shortestSeconds) to \(Self.longestSeconds)."
        }
        guard (0...Self.longestLatenessSeconds).contains(latenessSeconds) else {
            return "'schedule.latenessSeconds' is 0 to \(Self.longestLatenessSeconds)."
        }
        return nil
    }

    /// The first window that begins at the moment or after it.
    func firstStart(from time: Timestamp) -> Timestamp {
        let length = Int64(everySeconds) * 1000
        let (quotient, rest) = time.milliseconds.quotientAndRemainder(dividingBy: length)
        let floor = rest < 0 ? quotient - 1 : quotient
        return Timestamp(milliseconds: (rest == 0 ? floor : floor + 1) * length)
    }

    /// The window that contains the moment begins here.
    func start(containing time: Timestamp) -> Timestamp {
        let first = firstStart(from: time)
        return first == time ? first : first - .seconds(everySeconds)
    }

    func window(from start: Timestamp) -> Window { Window(start: start, end: start + .seconds(everySeconds)) }

    /// When the window that begins here may be judged.
    func due(_ start: Timestamp) -> Timestamp { start + .seconds(everySeconds + latenessSeconds) }
}
