// SPDX-License-Identifier: Apache-2.0

import Backends
import GRDB
import Synchronization

/// `matches_pattern(text, pattern)`: 1 when the pattern occurs in the text, 0 when not, null for a null.
enum PatternFunction {
    /// One for each connection: a statement asks for many texts and one pattern, so the last one is kept.
    static func make() -> DatabaseFunction {
        let last = LastPattern()
        return DatabaseFunction("matches_pattern", argumentCount: 2, pure: true) { values in
            guard let text = String.fromDatabaseValue(values[0]), let source = String.fromDatabaseValue(values[1]) else { return nil }
            return try last.pattern(source).occurs(in: text) ? 1 : 0
        }
    }

    private final class LastPattern: Sendable {
        private let last = Mutex<TextPattern?>(nil)

        func pattern(_ source: String) throws -> TextPattern {
            if let pattern = last.withLock({ $0 }), pattern.source == source { return pattern }
            let pattern = try TextPattern(source)
            last.withLock { $0 = pattern }
            return pattern
        }
    }
}
