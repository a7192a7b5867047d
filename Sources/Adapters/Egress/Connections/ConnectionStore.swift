// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The pools of the places that were used last.
///
/// When there are more than `maximumPlaces`, the connections of the one used longest ago are closed; requests on their way come to their end.
final class ConnectionStore<Place: Hashable & Sendable>: Sendable {
    private struct State {
        var kept: [Place: (pool: ConnectionPool, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    private let maximumPlaces = 64
    private let state = Mutex(State())

    /// O(1); O(`maximumPlaces`) for a place that is new.
    ///
    /// - Parameter destination: Made for a place that is new.
    func connections(to place: Place, _ destination: () throws -> ConnectionPool.Destination) rethrows -> ConnectionPool {
        try state.withLock { state in
            state.uses += 1
            if let found = state.kept[place]?.pool {
                state.kept[place]?.lastUse = state.uses
                return found
            }
            let made = ConnectionPool(to: try destination())
            if state.kept.count >= maximumPlaces, let oldest = state.kept.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                state.kept[oldest] = nil
            }
            state.kept[place] = (made, state.uses)
            return made
        }
    }
}
