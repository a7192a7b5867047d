// SPDX-License-Identifier: Apache-2.0

import Domain

/// An error as DuckDB's program prints it: `Binder Error: …` and what follows.
struct DuckDBError {
    var kind: String
    /// Its first paragraph.
    var message: String
    private let text: String

    /// Nil for text without an error.
    init?(_ text: String) {
        let text = text.drop { $0.isWhitespace }
        guard let line = text.split(separator: "\n", maxSplits: 1).first, let colon = line.firstRange(of: "Error: ") else { return nil }
        kind = line[..<colon.lowerBound] + "Error"
        // The statement that follows is the engine's own, around the person's.
        let body = text[colon.upperBound...].firstRange(of: "\n\nLINE ").map { text[colon.upperBound..<$0.lowerBound] }
        message = String((body ?? text[colon.upperBound...]).prefix(2_000)).trimmed
        self.text = String(text)
    }

    var isMemory: Bool { kind.hasPrefix("Out of Memory") && !message.contains("max_temp_directory_size") }
    var isDisk: Bool { kind.hasPrefix("Out of Memory") && message.contains("max_temp_directory_size") }

    /// What is wrong with a file, without anything that stands in it.
    var fileFault: String {
        let line = text.firstMatch(of: /CSV Error on Line: ([0-9]+)/).map { "Line \($0.1): " } ?? ""
        if text.contains("Invalid unicode") { return line + "it is not UTF-8." }
        if let found = text.firstMatch(of: /Expected Number of Columns: ([0-9]+) Found: ([0-9]+)/) {
            return line + "there are \(found.2) fields where the header has \(found.1)."
        }
        if text.contains("unterminated quote") { return line + "a quoted field is not closed, or text follows its closing quote." }
        if text.contains("Maximum line size") { return line + "it is longer than 2 MiB." }
        if text.contains("No magic bytes") || text.contains("too small to be a Parquet file") {
            return "It is no Parquet file, or its end is missing."
        }
        if text.contains("GZIP") || text.contains("gzip") { return "It is no gzip file, or its end is missing." }
        if text.contains("CSV Error") { return line + "it does not follow RFC 4180." }
        return "\(kind)."
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
