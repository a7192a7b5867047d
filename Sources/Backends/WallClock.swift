// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// The time of day. Durations are measured with `ContinuousClock`, never with this.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

package struct SystemWallClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
