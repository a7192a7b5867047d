// SPDX-License-Identifier: Apache-2.0

import Domain

/// Splits CSV (RFC 4180) into records as its bytes arrive.
///
/// Lines end in CRLF or LF; fields may be quoted and then hold commas, line ends and doubled quotes. Empty lines are skipped.
package struct CSVRecords {
    package static let maximumLineBytes = 1 << 20

    /// Where a field is in the line; `isQuoted` when quotes must be taken away first.
    struct Field {
        var start: Int
        var end: Int
        var isQuoted: Bool
    }

    private let file: String
    /// Bytes of a record not yet complete.
    private var rest: [UInt8] = []
    private var fields: [Field] = []
    private var unquoted: [UInt8] = []
    private var line = 1
    private var hasBegun = false

    /// - Parameter file: Its name, for messages.
    package init(file: String) {
        self.file = file
    }

    /// Calls `body` with each field of each record that is now complete, and its position in the record, then `endOfRecord` with how many there were.
    package mutating func read(
        _ chunk: [UInt8], isLast: Bool, field body: (Int, UnsafeRawBufferPointer) throws -> Void, endOfRecord: (Int, Int) throws -> Void
    ) throws {
        var bytes = rest
        bytes.append(contentsOf: chunk)
        rest = []
        // A last line needs no line end.
        if isLast, let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
        var position = 0
        if !hasBegun, bytes.count >= 3 || isLast {
            hasBegun = true
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        }
        try bytes.withUnsafeBytes { bytes in
            while position < bytes.count, hasBegun {
                let first = line
                guard let end = try scan(bytes, from: position) else { break }
                if fields.count > 1 || fields[0].end > fields[0].start {
                    for (index, field) in fields.enumerated() { try give(field, index, of: bytes, to: body) }
                    try endOfRecord(fields.count, first)
                }
                position = end
            }
        }
        guard position < bytes.count else { return }
        guard !isLast else { throw malformed("a quoted field is not closed") }
        guard bytes.count - position <= Self.maximumLineBytes else {
            throw malformed("it is longer than \(Self.maximumLineBytes) bytes")
        }
        rest = Array(bytes[position...])
    }

    /// Finds the fields of the record that begins at `start`.
    ///
    /// - Returns: Where the next record begins; nil when this one is not complete.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) throws -> Int? {
        fields.removeAll(keepingCapacity: true)
        var index = start
        var fieldStart = start
        var lines = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22, index == fieldStart {
                index += 1
                while true {
                    guard index < bytes.count else { return nil }
                    let byte = bytes[index]
                    index += 1
                    if byte == 0x0A { lines += 1 }
                    guard byte == 0x22 else { continue }
                    // The byte after a quote tells whether it closes the field or stands for itself.
                    guard index < bytes.count else { return nil }
                    guard bytes[index] == 0x22 else { break }
                    index += 1
                }
                let end = index
                if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
                if bytes[index] == 0x0D, index + 1 == bytes.count { return nil }
                guard bytes[index] == 0x2C || bytes[index] == 0x0A else {
                    line += lines
                    throw malformed("text follows the closing quote of field \(fields.count + 1)")
                }
                fields.append(Field(start: fieldStart + 1, end: end - 1, isQuoted: true))
            } else if byte == 0x2C {
                fields.append(Field(start: fieldStart, end: index, isQuoted: false))
            } else if byte == 0x0A {
                let end = index > fieldStart && bytes[index - 1] == 0x0D ? index - 1 : index
                fields.append(Field(start: fieldStart, end: end, isQuoted: false))
            } else {
                index += 1
                continue
            }
            let isEnd = bytes[index] == 0x0A
            index += 1
            fieldStart = index
            if isEnd {
                line += lines + 1
                guard index - start <= Self.maximumLineBytes + 1 else {
                    throw malformed("it is longer than \(Self.maximumLineBytes) bytes")
                }
                return index
            }
        }
        return nil
    }

    private mutating func give(
        _ field: Field, _ index: Int, of bytes: UnsafeRawBufferPointer, to body: (Int, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end])
        guard field.isQuoted, raw.contains(0x22) else { return try body(index, raw) }
        unquoted.removeAll(keepingCapacity: true)
        var isSecond = false
        for byte in raw {
            isSecond = byte == 0x22 && !isSecond
            if !isSecond { unquoted.append(byte) }
        }
        try unquoted.withUnsafeBytes { try body(index, $0) }
    }

    private func malformed(_ why: String) -> Problem {
        CSVProblem.malformed(file, line: line, why)
    }
}

enum CSVProblem {
    static func malformed(_ file: String, line: Int, _ why: String) -> Problem {
        Problem(
            .invalid, "tracking.snapshot.csv-malformed", "'\(file.printable)' is not a well-formed CSV file: line \(line).",
            why: "In line \(line), \(why).",
            fix: "Write it as RFC 4180 says: one header line, the same number of fields in every line, quotes doubled inside quotes.")
    }
}
