// SPDX-License-Identifier: Apache-2.0

/// How an attempt ended and what it used, all its processes together.
package struct AttemptEnd: Sendable, Codable, Equatable {
    package var state: AttemptState
    /// The limit that the attempt ran into; nil when none is known.
    package var limit: AttemptLimit?
    package var processorTime: Duration
    /// Most memory that any one of its processes held.
    package var peakMemoryBytes: Int64
    package var wallTime: Duration

    package init(
        state: AttemptState, limit: AttemptLimit? = nil, processorTime: Duration = .zero, peakMemoryBytes: Int64 = 0,
        wallTime: Duration = .zero
    ) {
        self.state = state
        self.limit = limit
        self.processorTime = processorTime
        self.peakMemoryBytes = peakMemoryBytes
        self.wallTime = wallTime
    }
}

package enum AttemptLimit: String, Sendable, Codable, CaseIterable {
    case memory, disk, processes
    /// Not a limit of the attempt's own: nothing is free where its working folder lies.
    case diskFull
}
