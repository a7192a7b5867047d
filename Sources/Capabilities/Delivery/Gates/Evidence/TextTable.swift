// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Reads CSV with a header line piece by piece: fields may be quoted, a quoted field may not contain a line break.
package struct TextTable {
    package static let maximumRows = 1_000_000
    package static let maximumLineLength = 4096

    /// What is read, for messages, such as `scores`.
    private let noun: String
    private var line: [UInt8] = []
    package private(set) var lineNumber = 0
    private var names: [String]?
    private var rowCount = 0

    package init(_ noun: String) {
        self.noun = noun
    }

    /// - Parameters:
    ///   - header: Called once, with the names of the columns.
    ///   - row: Called for each row, with as many fields.
    /// - Throws: `Problem` `.invalid` with the line's number, `.tooLarge` beyond the limits.
    package mutating func feed(
        _ bytes: some Sequence<UInt8>, header: ([String]) throws(Problem) -> Void, row: ([String]) throws(Problem) -> Void
    ) throws(Problem) {
        for byte in bytes {
            if byte == 10 {
                try endLine(header, row)
            } else {
                guard line.count < Self.maximumLineLength else {
                    throw Problem(
                        .tooLarge, "delivery.\(noun).line-too-long", "Line \(lineNumber + 1) of the \(noun) is too long.",
                        why: "A line has at most \(Self.maximumLineLength) bytes.")
                }
                line.append(byte)
            }
        }
    }

    package mutating func finish(header: ([String]) throws(Problem) -> Void, row: ([String]) throws(Problem) -> Void) throws(Problem) {
        try endLine(header, row)
        guard names != nil, rowCount > 0 else { throw malformed("It has no rows.") }
    }

    package func malformed(_ why: String) -> Problem {
        Problem(
            .invalid, "delivery.\(noun).malformed", "The \(noun) file cannot be used.", why: why, fix: "See docs/gates.md for its columns.")
    }

    private mutating func endLine(_ header: ([String]) throws(Problem) -> Void, _ row: ([String]) throws(Problem) -> Void) throws(Problem) {
        lineNumber += 1
        if line.last == 13 { line.removeLast() }
        if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        guard !line.isEmpty else { return }
        let fields = try fields()
        line.removeAll(keepingCapacity: true)
        guard let names else {
            guard Set(fields).count == fields.count else { throw malformed("Two of its columns have the same name.") }
            try header(fields)
            names = fields
            return
        }
        guard fields.count == names.count else {
            throw malformed("Line \(lineNumber) has \(fields.count) fields, the header \(names.count).")
        }
        guard rowCount < Self.maximumRows else {
            throw Problem(
                .tooLarge, "delivery.\(noun).rows", "The \(noun) have more than \(Self.maximumRows) rows.", fix: "Send a random sample.")
        }
        rowCount += 1
        try row(fields)
    }

    /// Splits the line at commas outside quotes; a doubled quote inside quotes stands for one.
    private func fields() throws(Problem) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var quoted = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            if byte == 34 {
                if quoted, index + 1 < line.count, line[index + 1] == 34 {
                    field.append(34)
                    index += 1
                } else {
                    quoted.toggle()
                }
            } else if byte == 44, !quoted {
                fields.append(String(decoding: field, as: UTF8.self))
                field.removeAll(keepingCapacity: true)
            } else {
                field.append(byte)
            }
            index += 1
        }
        guard !quoted else { throw malformed("A quote in line \(lineNumber) is not closed.") }
        return fields + [String(decoding: field, as: UTF8.self)]
    }
}
