// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import Demo

@Suite("A line of progress")
struct ProgressLineTests {
    final class Screen: Sendable {
        private let state = Mutex((now: ContinuousClock.now, texts: [String]()))

        func line(isInteractive: Bool) -> ProgressLine {
            ProgressLine(
                Terminal(isInteractive: isInteractive, width: 10), now: { self.state.withLock { $0.now } },
                write: { text in self.state.withLock { $0.texts.append(text) } })
        }

        func wait(_ duration: Duration) { state.withLock { $0.now += duration } }
        var texts: [String] { state.withLock { $0.texts } }
    }

    @Test("is plain and at most one a second where no person watches")
    func plain() {
        let screen = Screen()
        let line = screen.line(isInteractive: false)
        line.show("one")
        screen.wait(.milliseconds(999))
        line.show("two")
        screen.wait(.milliseconds(1))
        line.show("a longer three")
        line.finish("done")
        line.show("next")
        #expect(screen.texts == ["one\n", "a longer three\n", "done\n", "next\n"])
    }

    @Test("rewrites itself on a terminal, within its width, and leaves the last word standing")
    func rewriting() {
        let screen = Screen()
        let line = screen.line(isInteractive: true)
        line.show("12345678901")
        screen.wait(.milliseconds(100))
        line.show("two")
        line.finish("done")
        line.finish("again")
        #expect(screen.texts == ["\r123456789", "\rtwo      ", "\rdone\n", "\ragain\n"])
    }
}
