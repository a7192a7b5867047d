// SPDX-License-Identifier: Apache-2.0

import Yams

/// Where in a document something stands.
///
/// A message about a place begins with its `text`, and `split` takes that off again: so a message stays whole wherever a problem is shown
/// alone, and becomes `FILE:LINE:COLUMN: …` where many are listed.
package struct DocumentPlace: Sendable, Hashable, Comparable {
    /// From 1.
    package var line: Int
    /// In code points, from 1.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The beginning when nothing is known.
    init(_ mark: Mark?) {
        self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    /// How every message about a document begins.
    package var text: String { "Line \(line), column \(column): " }

    /// The message without the place that it begins with.
    package static func split(_ message: String) -> (place: DocumentPlace?, text: String) {
        guard let match = message.prefixMatch(of: #/Line ([0-9]{1,9}), column ([0-9]{1,9}): /#), let line = Int(match.1),
            let column = Int(match.2)
        else { return (nil, message) }
        return (DocumentPlace(line: line, column: column), String(message[match.range.upperBound...]))
    }

    package static func < (left: DocumentPlace, right: DocumentPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
