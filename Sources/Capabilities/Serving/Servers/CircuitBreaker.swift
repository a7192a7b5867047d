// SPDX-License-Identifier: Apache-2.0

/// Keeps calls away from a server that fails, and lets one through now and then to see whether it has recovered.
///
/// Time is any duration that only grows.
struct CircuitBreaker: Sendable, Equatable {
    enum State: Sendable, Equatable {
        /// Calls go through; so many in a row have failed.
        case closed(failures: Int)
        /// No call goes through before that time; the pause was so long.
        case open(until: Duration, pause: Duration)
        /// One call is on its way to find out; the pause before it was so long.
        case halfOpen(pause: Duration)
    }

    /// Failures in a row that open it.
    var threshold = 5
    var firstPause = Duration.seconds(1)
    /// Pauses double up to this.
    var longestPause = Duration.seconds(60)
    private(set) var state = State.closed(failures: 0)

    /// Whether a call may go now. One that may, is to be followed by `succeeded`, `failed` or `abandoned`.
    mutating func admits(at now: Duration) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until, let pause):
            guard now >= until else { return false }
            state = .halfOpen(pause: pause)
            return true
        case .halfOpen: return false
        }
    }

    /// The server answered, whatever it said of the request.
    mutating func succeeded() { state = .closed(failures: 0) }

    /// The server did not answer, or not as a server that works.
    mutating func failed(at now: Duration) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed: state = .open(until: now + firstPause, pause: firstPause)
        case .halfOpen(let pause):
            let longer = min(pause * 2, longestPause)
            state = .open(until: now + longer, pause: longer)
        // A call from before it opened.
        case .open: break
        }
    }

    /// The caller went away before there was an answer: nothing was learnt, so the next call is to find out.
    mutating func abandoned(at now: Duration) {
        if case .halfOpen(let pause) = state { state = .open(until: now, pause: pause) }
    }

    /// Time until a call may go; nil when one may now.
    func wait(at now: Duration) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until, _): until > now ? until - now : nil
        case .halfOpen: .seconds(1)
        }
    }
}
