// SPDX-License-Identifier: Apache-2.0

import Domain

/// One line of a CSV file and where its fields stand in it; a field may be quoted (RFC 4180), but holds no line end.
struct CSVLine {
    let number: Int
    private let bytes: [UInt8]
    private(set) var fields: [Range<Int>]

    /// - Parameter number: Counted from 1, for messages.
    /// - Throws: `Problem` `.invalid` when a quote is not closed.
    init(_ text: String, number: Int) throws(Problem) {
        try self.init(Array(text.utf8), number: number)
    }

    init(_ bytes: [UInt8], number: Int) throws(Problem) {
        self.bytes = bytes
        self.number = number
        fields = []
        fields.reserveCapacity(20)
        var start = 0
        var isQuoted = false
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ","), !isQuoted {
                fields.append(start..<index)
                start = index + 1
            }
        }
        guard !isQuoted else {
            throw Problem(
                .invalid, "demo.line.unclosed-quote", "Line \(number) of the data file has a quote that is not closed.",
                fix: "Keep each row on one line; fields with line ends are not read.")
        }
        fields.append(start..<bytes.count)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var texts: [String] { fields.indices.map { self[$0] } }

    /// The field's text, without its quotes.
    subscript(index: Int) -> String {
        let field = bytes[fields[index]]
        guard field.first == UInt8(ascii: "\"") else { return String(decoding: field, as: UTF8.self) }
        let inner = String(decoding: field.dropFirst().dropLast(), as: UTF8.self)
        return inner.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")
    }

    /// The line with other texts in some fields; the texts need no quotes.
    func replacing(_ texts: [Int: String]) -> String {
        fields.indices.map { texts[$0] ?? String(decoding: bytes[fields[$0]], as: UTF8.self) }.joined(separator: ",")
    }

    /// Nil for an empty field.
    ///
    /// - Throws: `Problem` `.invalid` for what is no finite number.
    func number(at index: Int, of column: String) throws(Problem) -> Double? {
        let text = self[index]
        if text.isEmpty { return nil }
        guard let value = Double(text), value.isFinite else { throw malformed(column, text, "a number, or nothing where it is missing") }
        return value
    }

    func integer(at index: Int, of column: String, in range: ClosedRange<Int>) throws(Problem) -> Int {
        let text = self[index]
        guard let value = Int(text), range.contains(value) else {
            throw malformed(column, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func malformed(_ column: String, _ text: String, _ expected: String) -> Problem {
        Problem(
            .invalid, "demo.field.malformed", "Line \(number) of the data file has '\(text.prefix(40))' in column '\(column)'.",
            why: "It must be \(expected).")
    }
}
