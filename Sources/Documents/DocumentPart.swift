// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One document of a file that may hold several, divided by lines of `---`.
package struct DocumentPart: Sendable, Equatable {
    /// Most documents of one file.
    package static let maximumDocuments = 1000

    package var text: String
    /// Where `text` begins in the file, counted from 1.
    package var firstLine: Int

    package init(text: String, firstLine: Int = 1) {
        self.text = text
        self.firstLine = firstLine
    }

    /// The documents of a file; those of nothing but comments are left out.
    ///
    /// YAML takes `---` and `...` at the beginning of a line for markers wherever they stand, also in block scalars.
    package static func divide(_ file: String, codes: String) throws(Problem) -> [DocumentPart] {
        var documents: [DocumentPart] = []
        var lines: [Substring] = []
        var first = 1
        var hasContent = false
        func close(before line: Int) {
            if hasContent {
                let text = lines.joined(separator: "\n")
                documents.append(DocumentPart(text: lines.last == "" ? text : text + "\n", firstLine: first))
            }
            lines = []
            hasContent = false
            first = line
        }
        // By bytes: a carriage return and the line feed behind it are one character.
        let all = file.utf8.split(separator: 10, omittingEmptySubsequences: false).map { Substring($0) }
        for (index, line) in all.enumerated() {
            let number = index + 1
            if isMarker(line, "---") {
                close(before: number)
                // Blanks in its place, so that what follows on the same line keeps its column.
                lines.append("   " + line.dropFirst(3))
            } else if isMarker(line, "...") {
                close(before: number + 1)
                continue
            } else {
                lines.append(line)
            }
            hasContent = hasContent || !isBlank(lines[lines.count - 1])
            guard documents.count < maximumDocuments else {
                throw Problem(
                    .tooLarge, "\(codes).file.tooMany", "The file holds more than \(maximumDocuments) documents.", fix: "Divide it.")
            }
        }
        close(before: all.count + 1)
        return documents
    }

    private static func isMarker(_ line: Substring, _ marker: String) -> Bool {
        guard line.hasPrefix(marker) else { return false }
        guard let next = line.utf8.dropFirst(3).first else { return true }
        return next == 32 || next == 9 || next == 13
    }

    private static func isBlank(_ line: Substring) -> Bool {
        let content = line.utf8.drop { $0 == 32 || $0 == 9 || $0 == 13 }
        return content.isEmpty || content.first == UInt8(ascii: "#")
    }
}
