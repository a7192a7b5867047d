// SPDX-License-Identifier: Apache-2.0

import Domain

/// Refuses a text that nests very deep before anything reads it as YAML: readers of YAML recurse.
///
/// Follows indentation, dashes, brackets, quotes, comments and blocks of text well enough that no ordinary document comes near the bound,
/// in one pass. Who writes a document to deceive it meets the bound of the YAML reader, 1,000 levels; the exact bound,
/// `DocumentNode.maximumDepth`, is kept on what has been read.
struct DocumentDepth {
    static let maximum = 128

    private let bytes: [UInt8]
    private let codes: String
    private var index = 0
    private var lineStart = 0
    private var line = 1
    /// Columns at which blocks began that are still open.
    private var blocks: [Int] = []
    /// Brackets that are still open.
    private var brackets = 0
    /// A bracket or quote here would begin a value.
    private var beginsValue = true

    static func check(_ text: String, codes: String) throws(Problem) {
        var depth = DocumentDepth(bytes: Array(text.utf8), codes: codes)
        while depth.index < depth.bytes.count { try depth.readLine() }
    }

    private init(bytes: [UInt8], codes: String) {
        self.bytes = bytes
        self.codes = codes
    }

    private mutating func readLine() throws(Problem) {
        try enterBlocks()
        while let byte = peek, byte != UInt8(ascii: "\n") {
            switch byte {
            case UInt8(ascii: "#") where index == lineStart || isSpace(bytes[index - 1]):
                while let next = peek, next != UInt8(ascii: "\n") { index += 1 }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if beginsValue || brackets > 0 {
                    brackets += 1
                    try require()
                    beginsValue = true
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if brackets > 0 { brackets -= 1 }
                beginsValue = false
            case UInt8(ascii: ","): beginsValue = beginsValue || brackets > 0
            case UInt8(ascii: ":"): beginsValue = beginsValue || index + 1 >= bytes.count || isSpace(bytes[index + 1])
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                if beginsValue {
                    skipQuoted(byte)
                    beginsValue = false
                    continue
                }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default:
                beginsValue = false
                while index + 1 < bytes.count, isWord(bytes[index + 1]) { index += 1 }
            }
            index += 1
        }
        let beginsText = brackets == 0 && endsAsHeaderOfText
        endLine()
        if beginsText { skipText(deeperThan: blocks.last ?? -1) }
    }

    /// What a line opens by its indentation, and by dashes and question marks in front.
    private mutating func enterBlocks() throws(Problem) {
        beginsValue = true
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
        guard let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\r"), brackets == 0 else {
            return
        }
        while let open = blocks.last, open >= column { blocks.removeLast() }
        blocks.append(column)
        try require()
        while let byte = peek, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?"), index + 1 < bytes.count, isSpace(bytes[index + 1]) {
            index += 1
            while let next = peek, next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { index += 1 }
            guard let next = peek, ![UInt8(ascii: "\n"), UInt8(ascii: "|"), UInt8(ascii: ">")].contains(next) else { return }
            blocks.append(column)
            try require()
        }
    }

    private mutating func skipQuoted(_ quote: UInt8) {
        index += 1
        while let byte = peek {
            switch byte {
            case quote:
                index += 1
                // Two single quotes in such a text are one.
                guard quote == UInt8(ascii: "'"), peek == quote else { return }
                index += 1
            case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""): index = min(index + 2, bytes.count)
            case UInt8(ascii: "\n"): endLine()
            default: index += 1
            }
        }
    }

    /// Lines of a literal or folded text.
    private mutating func skipText(deeperThan indentation: Int) {
        while index < bytes.count {
            var first = index
            while first < bytes.count, bytes[first] == UInt8(ascii: " ") { first += 1 }
            let isBlank = first >= bytes.count || bytes[first] == UInt8(ascii: "\n") || bytes[first] == UInt8(ascii: "\r")
            guard isBlank || first - index > indentation else { return }
            while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
            endLine()
        }
    }

    /// Whether the last word of the line is the header of a literal or folded text.
    private var endsAsHeaderOfText: Bool {
        var end = index
        while end > lineStart, isSpace(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > lineStart, end - start < 4, !isSpace(bytes[start - 1]) { start -= 1 }
        guard end - start < 4, start < end, bytes[start] == UInt8(ascii: "|") || bytes[start] == UInt8(ascii: ">") else { return false }
        return bytes[(start + 1)..<end].allSatisfy { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") || (49...57).contains($0) }
    }

    private mutating func endLine() {
        guard index < bytes.count else { return }
        index += 1
        line += 1
        lineStart = index
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }
    private var column: Int { index - lineStart }

    private func isWord(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 || byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private func require() throws(Problem) {
        guard blocks.count + brackets <= Self.maximum else {
            throw DocumentSafety(codes: codes).depthProblem(at: DocumentPlace(line: line, column: column + 1))
        }
    }
}
