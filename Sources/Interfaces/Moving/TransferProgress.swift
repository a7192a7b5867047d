// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Synchronization

/// How far a transfer has come, on standard error: one line that is drawn anew on a terminal, else at most one line a second.
package final class TransferProgress: Sendable {
    private let name: String
    private let isTerminal: Bool
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    package init(of name: String) {
        self.name = name
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    package func tell(_ step: ExportStep) {
        let number = (ExportKind.allCases.firstIndex(of: step.kind) ?? 0) + 1
        let bar = step.share.map { " \(Self.bar($0)) \(Int($0 * 100)) %" } ?? ""
        tell("\(number)/\(ExportKind.allCases.count) \(step.kind.rawValue)\(bar): \(step.tally.summary)")
    }

    package func tell(_ text: String) {
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            if let time = last, now - time < (isTerminal ? .milliseconds(100) : .seconds(1)) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let line = "\(name): \(text.printable)"
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(line.prefix(160))" : line + "\n").utf8))
    }

    /// Leaves the line that was drawn anew.
    package func end() {
        let wasTold = last.withLock { $0 != nil }
        if isTerminal, wasTold { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    /// 20 places, filled from the left. `share` is from 0 to 1.
    package static func bar(_ share: Double) -> String {
        let filled = Int((max(0, min(1, share)) * 20).rounded(.down))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "]"
    }
}

extension Tally {
    /// The numbers that people follow.
    package var summary: String {
        ["experiments", "runs", "metrics", "artifacts", "models", "versions"].compactMap { kind in
            kinds[kind].map { "\($0.count) \(kind)" }
        }.joined(separator: ", ")
    }
}
