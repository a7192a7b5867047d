// SPDX-License-Identifier: Apache-2.0

/// A place in the text of an expression.
package struct SourcePosition: Hashable, Sendable {
    /// In bytes of UTF-8, from 0.
    package var offset: Int
    /// From 1.
    package var line: Int
    /// In code points, from 1.
    package var column: Int

    init(offset: Int, in source: String) {
        var line = 1
        var column = 1
        for byte in source.utf8.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                column += 1
            }
        }
        self.offset = offset
        self.line = line
        self.column = column
    }
}
