// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where this server answers, known once it listens.
final class ServerAddress: Sendable {
    private struct State {
        var address: String?
        var waiting: [CheckedContinuation<String, Never>] = []
    }

    private let state = Mutex(State())

    func set(_ address: String) {
        let waiting = state.withLock { state in
            state.address = address
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: address) }
    }

    var known: String? { state.withLock { $0.address } }
}
