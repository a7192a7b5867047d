// SPDX-License-Identifier: Apache-2.0

import Backends
import Synchronization

/// What a driver is told, in order; it takes all that has come at once, so that what comes together is committed together.
final class DriverInbox: Sendable {
    private struct State {
        var signals: [DriverSignal] = []
        var reader: CheckedContinuation<Void, Never>?
        var isClosed = false

        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }
    }

    private let state = Mutex(State())

    func put(_ signal: DriverSignal) {
        let reader = state.withLock { state in
            state.signals.append(signal)
            return state.takeReader()
        }
        reader?.resume()
    }

    /// At least one signal.
    ///
    /// - Throws: `CancellationError` when the task is cancelled. Call it from one task only.
    func next() async throws -> [DriverSignal] {
        while true {
            try Task.checkCancellation()
            let signals = state.withLock { state in
                defer { state.signals = [] }
                return state.signals
            }
            if !signals.isEmpty { return signals }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isDue = state.withLock { state in
                        if state.signals.isEmpty, !state.isClosed {
                            state.reader = continuation
                            return false
                        }
                        return true
                    }
                    if isDue { continuation.resume() }
                }
            } onCancel: {
                let reader = state.withLock { state in
                    state.isClosed = true
                    return state.takeReader()
                }
                reader?.resume()
            }
        }
    }
}

/// What a driver is told of.
enum DriverSignal: Sendable {
    /// An attempt came to its end.
    case ended(UnitEnd)
    /// More of an attempt's log is kept.
    case logKept(StepUnit, attempt: Int, LogArchive)
    /// A handler has nothing to do until something changes.
    case waiting(StepUnit, attempt: Int)
    /// The pause before another attempt is over.
    case due(StepUnit, attempt: Int)
    /// There may be room for another attempt.
    case room
    /// Something was committed in this process.
    case woken
    case tick
    case failed(any Error)
}
