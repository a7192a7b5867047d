// SPDX-License-Identifier: Apache-2.0

import Domain

/// Rows of a CSV file (RFC 4180) with a header, each as an object of its cells. A cell that is a number or a truth value is one, an empty
/// one is null; one in quotes is always a text.
struct CSVRows {
    private struct Cell {
        var bytes: [UInt8] = []
        var isQuoted = false
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ bytes: [UInt8]) {
        // A byte order mark is no part of the first name.
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    func rows() -> [FileFormat.Row] {
        var reader = self
        var rows: [FileFormat.Row] = []
        guard let header = reader.next() else { return [] }
        let names = header.cells.map { String(decoding: $0.bytes, as: UTF8.self) }
        guard Set(names).count == names.count, names.allSatisfy({ !$0.isEmpty }), header.isWhole else {
            let fault = FileFormat.refusal(1, "Its header has a name that is empty or comes twice.")
            return [FileFormat.Row(line: 1, text: header.text, value: .failure(fault))]
        }
        while let row = reader.next() {
            if row.cells.count == 1, row.cells[0].bytes.isEmpty, !row.cells[0].isQuoted { continue }
            rows.append(FileFormat.Row(line: row.line, text: row.text, value: Self.value(row.cells, row.isWhole, names, row.line)))
        }
        return rows
    }

    private static func value(_ cells: [Cell], _ isWhole: Bool, _ names: [String], _ line: Int) -> Result<JSONValue, Problem> {
        guard isWhole else { return .failure(FileFormat.refusal(line, "A quoted cell does not end.")) }
        guard cells.count == names.count else {
            return .failure(FileFormat.refusal(line, "It has \(cells.count) cells; the header has \(names.count)."))
        }
        var members: [String: JSONValue] = [:]
        for (name, cell) in zip(names, cells) {
            guard let text = String(validating: cell.bytes, as: UTF8.self) else {
                return .failure(FileFormat.refusal(line, "It is not UTF-8."))
            }
            members[name] = cell.isQuoted ? .string(text) : value(text)
        }
        return .success(.object(members))
    }

    private static func value(_ text: String) -> JSONValue {
        switch text {
        case "": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        // `007` and `+1` are names rather than numbers, `0x1` and `nan` are no numbers here.
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (48...57).contains(first), digits.count == 1 || first != 48 || digits.dropFirst().first == ".",
            digits.utf8.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) })
        else { return .string(text) }
        if let whole = Int64(text) { return .integer(whole) }
        return Double(text).map { .number($0) } ?? .string(text)
    }

    /// The next row; nil at the end.
    private mutating func next() -> (cells: [Cell], text: String, line: Int, isWhole: Bool)? {
        guard position < bytes.count else { return nil }
        let (start, first) = (position, line)
        var cells: [Cell] = [Cell()]
        var isInQuotes = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == 10 { line += 1 }
            if isInQuotes {
                if byte != 34 {
                    cells[cells.count - 1].bytes.append(byte)
                } else if position < bytes.count, bytes[position] == 34 {
                    cells[cells.count - 1].bytes.append(34)
                    position += 1
                } else {
                    isInQuotes = false
                }
                continue
            }
            switch byte {
            case 34 where cells[cells.count - 1].bytes.isEmpty:
                isInQuotes = true
                cells[cells.count - 1].isQuoted = true
            case 44: cells.append(Cell())
            case 13 where position < bytes.count && bytes[position] == 10: continue
            case 10: return (cells, text(from: start), first, true)
            default: cells[cells.count - 1].bytes.append(byte)
            }
        }
        return (cells, text(from: start), first, !isInQuotes)
    }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<position].prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }
}
