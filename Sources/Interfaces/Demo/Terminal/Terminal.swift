// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What standard output is written to.
package struct Terminal: Equatable, Sendable {
    /// A person's terminal, on which a line can be rewritten.
    package var isInteractive: Bool
    /// In columns.
    package var width: Int

    package init(isInteractive: Bool, width: Int) {
        self.isInteractive = isInteractive
        self.width = width
    }

    /// `COLUMNS`, else what the terminal says, else 120.
    package static var standardOutput: Terminal {
        let environment = ProcessInfo.processInfo.environment
        var size = winsize()
        let measured = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
        let given = environment["COLUMNS"].flatMap { Int($0) } ?? measured
        return Terminal(
            isInteractive: isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb", width: given > 0 ? min(given, 1000) : 120)
    }

    /// To standard output, at once, in order with what `print` wrote.
    package static func write(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }
}
