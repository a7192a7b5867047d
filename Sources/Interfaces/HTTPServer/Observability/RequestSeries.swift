// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What one route has answered since it was last asked. O(1) a request, without a text being made.
final class RequestSeries: Sendable {
    private struct State {
        var statuses: [Int: UInt64] = [:]
        var histogram = ServerMetrics.Histogram()
    }

    private let state = Mutex(State())

    func count(status: Int, seconds: Double) {
        state.withLock { state in
            state.statuses[status, default: 0] += 1
            state.histogram.add(seconds)
        }
    }

    /// Gives the counts away and begins again from zero.
    func take() -> (statuses: [Int: UInt64], histogram: ServerMetrics.Histogram) {
        state.withLock { state in
            defer { state = State() }
            return (state.statuses, state.histogram)
        }
    }
}
