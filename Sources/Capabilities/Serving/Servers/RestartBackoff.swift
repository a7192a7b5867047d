// SPDX-License-Identifier: Apache-2.0

/// How long to wait before something that keeps ending is started again.
struct RestartBackoff: Sendable, Equatable {
    /// So many ends in a row, each soon after the start, are a crash loop.
    static let loop = 3
    private static let first = Duration.seconds(1)
    private static let longest = Duration.seconds(60)
    /// What ran this long did work; its end begins a new count.
    private static let sound = Duration.seconds(60)

    private(set) var failures = 0
    /// No start before this time.
    private(set) var until = Duration.zero

    var isCrashLoop: Bool { failures >= Self.loop }

    func permits(at now: Duration) -> Bool { now >= until }

    /// Something ended by itself, or had to be ended because it did not work.
    ///
    /// - Parameter lived: How long it was ready; zero when it never was.
    mutating func failed(at now: Duration, lived: Duration) {
        failures = lived >= Self.sound ? 1 : failures + 1
        until = now + min(Self.first * (1 << min(failures - 1, 16)), Self.longest)
    }

    /// Something has been ready for as long as shows that it works.
    mutating func lives(for time: Duration) {
        if time >= Self.sound { failures = 0 }
    }
}
