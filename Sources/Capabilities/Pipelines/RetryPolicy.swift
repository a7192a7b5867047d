// SPDX-License-Identifier: Apache-2.0

/// When a step that failed or was lost is tried again; data, the engine keeps the time and draws the jitter.
package struct RetryPolicy: Sendable, Codable, Equatable {
    /// Pause before the second attempt.
    package var firstPauseMilliseconds: Int64
    /// Each further pause is this many times the one before.
    package var factor: Int64
    package var longestPauseMilliseconds: Int64
    /// How much of a pause may be left out, so that what failed together does not come back together; 0 to 100.
    package var jitterPercent: Int
    /// Further attempts after ones that were lost with their machine; they cost none of the step's `retries`.
    package var maximumLosses: Int

    package init(
        firstPauseMilliseconds: Int64 = 1000, factor: Int64 = 2, longestPauseMilliseconds: Int64 = 60_000, jitterPercent: Int = 0,
        maximumLosses: Int = 3
    ) {
        self.jitterPercent = min(100, max(0, jitterPercent))
        self.firstPauseMilliseconds = max(0, firstPauseMilliseconds)
        self.factor = max(1, factor)
        self.longestPauseMilliseconds = max(0, longestPauseMilliseconds)
        self.maximumLosses = max(0, maximumLosses)
    }

    /// Before the attempt that follows `unsuccessful` earlier ones; zero before the first.
    package func pauseMilliseconds(after unsuccessful: Int) -> Int64 {
        guard unsuccessful > 0 else { return 0 }
        var pause = firstPauseMilliseconds
        for _ in 1..<max(2, unsuccessful) where unsuccessful > 1 {
            let (next, overflow) = pause.multipliedReportingOverflow(by: factor)
            if overflow || next >= longestPauseMilliseconds { return longestPauseMilliseconds }
            pause = next
        }
        return min(pause, longestPauseMilliseconds)
    }
}
