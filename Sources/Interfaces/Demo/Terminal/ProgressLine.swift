// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// How far work has come: one line that rewrites itself on a terminal; elsewhere plain lines, at most one a second.
package final class ProgressLine: Sendable {
    private struct State {
        var lastPrinted: ContinuousClock.Instant?
        /// Columns of the line that stands on the terminal without its end.
        var width = 0
    }

    /// Between two plain lines, and between two rewritings.
    static let plainInterval = Duration.seconds(1)
    static let rewritingInterval = Duration.milliseconds(100)

    private let terminal: Terminal
    private let now: @Sendable () -> ContinuousClock.Instant
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    package convenience init(_ terminal: Terminal = .standardOutput) {
        self.init(terminal, now: { .now }, write: { Terminal.write($0) })
    }

    init(_ terminal: Terminal, now: @escaping @Sendable () -> ContinuousClock.Instant, write: @escaping @Sendable (String) -> Void) {
        self.terminal = terminal
        self.now = now
        self.write = write
    }

    /// Shows the text unless the last one is too recent.
    package func show(_ text: @autoclosure () -> String) {
        let moment = now()
        state.withLock { state in
            let interval = terminal.isInteractive ? Self.rewritingInterval : Self.plainInterval
            if let last = state.lastPrinted, moment - last < interval { return }
            state.lastPrinted = moment
            print(text(), ending: false, &state)
        }
    }

    /// Shows the text in any case and ends the line; the next text begins a new one.
    package func finish(_ text: String) {
        state.withLock { state in
            print(text, ending: true, &state)
            state.lastPrinted = nil
        }
    }

    private func print(_ text: String, ending: Bool, _ state: inout State) {
        guard terminal.isInteractive else { return write(text + "\n") }
        // A line that fills the last column would wrap, and then not be rewritten.
        let shown = ending ? text : String(text.prefix(max(1, terminal.width - 1)))
        let rest = String(repeating: " ", count: max(0, state.width - shown.count))
        write("\r\(shown)\(rest)\(ending ? "\n" : "")")
        state.width = ending ? 0 : shown.count
    }
}
