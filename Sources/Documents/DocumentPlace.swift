// SPDX-License-Identifier: Apache-2.0

import Yams

/// A place in a text, counted from 1; the column in Unicode characters.
///
/// A message about a place begins with its description and a colon, and `split` takes that off again: so a message stays whole wherever a
/// problem is shown alone, and becomes `FILE:LINE:COLUMN: …` where many are listed.
package struct DocumentPlace: Sendable, Hashable, CustomStringConvertible {
    package var line: Int
    /// Nil when only the line is known.
    package var column: Int?

    package init(line: Int, column: Int?) {
        self.line = line
        self.column = column
    }

    init(_ mark: Mark?) {
        self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    package var description: String { "Line \(line)" + (column.map { ", column \($0)" } ?? "") }

    /// The message without the place that it begins with.
    package static func split(_ message: String) -> (place: DocumentPlace?, text: String) {
        guard let match = message.prefixMatch(of: #/Line ([0-9]{1,9})(?:, column ([0-9]{1,9}))?: /#), let line = Int(match.1) else {
            return (nil, message)
        }
        return (DocumentPlace(line: line, column: match.2.flatMap { Int($0) }), String(message[match.range.upperBound...]))
    }
}
