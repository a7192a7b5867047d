// SPDX-License-Identifier: Apache-2.0

import Tracking

/// One column of one row group: pages, of which the first may be a dictionary.
struct ParquetPiece {
    private static let maximumPage = 1 << 28

    let column: ParquetFooter.Column
    let piece: ParquetFooter.Piece

    /// What a value goes to, with how often it stands there in a row or, where nobody asks for the order, in the page. Nil is null.
    enum Value {
        case null
        case number(Double)
        case time(Double)
        case text(UnsafeRawBufferPointer)
    }

    typealias Sink = (Value, Int) -> Void

    /// - Parameter inOrder: Whether each value is wanted at its row; else equal values of a page come together, which is quicker.
    func each(_ bytes: UnsafeRawBufferPointer, inOrder: Bool, _ sink: Sink) throws(ParquetFault) {
        var cursor = ByteCursor(bytes)
        var dictionary: [UInt8]?
        var dictionaryCount = 0
        var seen = 0
        while seen < piece.values {
            let head = try ThriftValue.structure(&cursor)
            guard let type = head[1]?.integer, let size = head[2]?.integer, let packed = head[3]?.integer,
                (0...Self.maximumPage).contains(size)
            else { throw .damaged("a page has no size") }
            let body = try cursor.take(packed)
            switch type {
            case 2:
                guard let count = head[7]?[1]?.integer, [0, 2].contains(head[7]?[2]?.integer ?? 0), count >= 0 else {
                    throw .unsupported("a dictionary in another encoding")
                }
                dictionary = try expand(body, to: size)
                dictionaryCount = count
            case 0, 3:
                let page = try page(head, body, size, isSecond: type == 3)
                guard page.count <= piece.values - seen else { throw .damaged("a page has more values than its column") }
                seen += page.count
                let reading = dictionary.map { (bytes: $0, count: dictionaryCount) }
                try values(page, reading, inOrder: inOrder, sink)
            default: continue
            }
        }
    }

    private struct Page {
        var count: Int
        var encoding: Int
        var levels: [UInt8]
        var values: [UInt8]
    }

    private func page(_ head: ThriftValue, _ body: UnsafeRawBufferPointer, _ size: Int, isSecond: Bool) throws(ParquetFault) -> Page {
        let info = head[isSecond ? 8 : 5]
        guard let count = info?[1]?.integer, let encoding = info?[isSecond ? 4 : 2]?.integer, count >= 0 else {
            throw .damaged("a page does not say what it holds")
        }
        if isSecond {
            guard let levels = info?[5]?.integer, let repeated = info?[6]?.integer, repeated == 0, levels >= 0, levels <= body.count,
                levels <= size
            else { throw .unsupported("repeated values") }
            let rest = UnsafeRawBufferPointer(rebasing: body[levels...])
            let values = info?[7]?.boolean == false ? Array(rest) : try expand(rest, to: size - levels)
            return Page(count: count, encoding: encoding, levels: Array(body[..<levels]), values: values)
        }
        let bytes = try expand(body, to: size)
        guard column.isOptional else { return Page(count: count, encoding: encoding, levels: [], values: bytes) }
        guard info?[3]?.integer == 3 else { throw .unsupported("levels in another encoding") }
        guard bytes.count >= 4 else { throw .damaged("it ends too soon") }
        let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16 | Int(bytes[3]) << 24
        guard length <= bytes.count - 4 else { throw .damaged("it ends too soon") }
        return Page(count: count, encoding: encoding, levels: Array(bytes[4..<4 + length]), values: Array(bytes[(4 + length)...]))
    }

    private func values(
        _ page: Page, _ dictionary: (bytes: [UInt8], count: Int)?, inOrder: Bool, _ sink: Sink
    ) throws(ParquetFault) {
        // Runs of values and of nulls.
        var runs: [(isNull: Bool, count: Int)] = []
        var present = page.count
        if column.isOptional {
            present = 0
            try page.levels.withBytes { (bytes) throws(ParquetFault) in
                var cursor = ByteCursor(bytes)
                try HybridRuns.each(&cursor, width: 1, count: page.count) { (level, count) throws(ParquetFault) in
                    if level == 1 { present += count }
                    if let last = runs.indices.last, runs[last].isNull == (level == 0) {
                        runs[last].count += count
                    } else {
                        runs.append((level == 0, count))
                    }
                }
            }
        } else if present > 0 {
            runs = [(false, present)]
        }
        if !inOrder {
            if page.count > present { sink(.null, page.count - present) }
            runs = present > 0 ? [(false, present)] : []
        }
        try page.values.withBytes { (bytes) throws(ParquetFault) in
            var cursor = ByteCursor(bytes)
            switch page.encoding {
            case 0: try plain(&cursor, runs, sink)
            case 2, 8:
                guard let dictionary else { throw .damaged("a dictionary is not there") }
                try indexed(&cursor, dictionary, runs, present, inOrder: inOrder, sink)
            case 3 where column.kind == .boolean: try flags(&cursor, runs, present, sink)
            default: throw .unsupported("encoding \(page.encoding)")
            }
        }
    }

    private func plain(_ cursor: inout ByteCursor, _ runs: [(isNull: Bool, count: Int)], _ sink: Sink) throws(ParquetFault) {
        var (bit, byte): (Int, UInt8) = (8, 0)
        for run in runs {
            if run.isNull {
                sink(.null, run.count)
                continue
            }
            for _ in 0..<run.count {
                guard column.kind == .boolean else {
                    sink(try value(&cursor), 1)
                    continue
                }
                if bit == 8 { (bit, byte) = (0, try cursor.byte()) }
                Self.flag(byte >> UInt8(bit) & 1 == 1, sink)
                bit += 1
            }
        }
    }

    private func value(_ cursor: inout ByteCursor) throws(ParquetFault) -> Value {
        switch column.kind {
        case .double: .number(Double(bitPattern: try cursor.integer(UInt64.self)))
        case .float: .number(Double(Float(bitPattern: try cursor.integer(UInt32.self))))
        case .integer32: .number(Double(try cursor.integer(Int32.self)))
        case .integer64: .number(Double(try cursor.integer(Int64.self)))
        case .unsigned32: .number(Double(try cursor.integer(UInt32.self)))
        case .unsigned64: .number(Double(try cursor.integer(UInt64.self)))
        case .days: .time(Double(try cursor.integer(Int32.self)) * 86_400_000)
        case .time(let unit): .time(Double(try cursor.integer(Int64.self)) / unit)
        case .text: .text(try cursor.take(Int(try cursor.integer(UInt32.self))))
        case .boolean: throw .damaged("a dictionary of booleans")
        }
    }

    private func indexed(
        _ cursor: inout ByteCursor, _ dictionary: (bytes: [UInt8], count: Int), _ runs: [(isNull: Bool, count: Int)], _ present: Int,
        inOrder: Bool, _ sink: Sink
    ) throws(ParquetFault) {
        guard dictionary.count <= dictionary.bytes.count else { throw .damaged("a dictionary is shorter than it says") }
        try dictionary.bytes.withBytes { (bytes) throws(ParquetFault) in
            var entries: [Value] = []
            var place = ByteCursor(bytes)
            for _ in 0..<dictionary.count { entries.append(try value(&place)) }
            guard present > 0 else { return runs.forEach { sink(.null, $0.count) } }
            let width = Int(try cursor.byte())
            var counts = [Int](repeating: 0, count: inOrder ? 0 : entries.count)
            var order: [Int] = []
            try HybridRuns.each(&cursor, width: width, count: present) { (index, count) throws(ParquetFault) in
                guard index < entries.count else { throw .damaged("a value is not in the dictionary") }
                if inOrder { for _ in 0..<count { order.append(index) } } else { counts[index] += count }
            }
            for (index, count) in counts.enumerated() where count > 0 { sink(entries[index], count) }
            guard inOrder else { return }
            var next = 0
            for run in runs {
                if run.isNull { sink(.null, run.count) } else { for _ in 0..<run.count { sink(entries[order[next]], 1); next += 1 } }
            }
        }
    }

    private func flags(_ cursor: inout ByteCursor, _ runs: [(isNull: Bool, count: Int)], _ present: Int, _ sink: Sink) throws(ParquetFault)
    {
        _ = try cursor.integer(UInt32.self)
        var values: [Bool] = []
        try HybridRuns.each(&cursor, width: 1, count: present) { (bit, count) throws(ParquetFault) in
            values += Array(repeating: bit == 1, count: count)
        }
        var next = 0
        for run in runs {
            if run.isNull { sink(.null, run.count) } else { for _ in 0..<run.count { Self.flag(values[next], sink); next += 1 } }
        }
    }

    private static func flag(_ isTrue: Bool, _ sink: Sink) {
        let word: StaticString = isTrue ? "true" : "false"
        sink(.text(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)), 1)
    }

    private func expand(_ bytes: UnsafeRawBufferPointer, to size: Int) throws(ParquetFault) -> [UInt8] {
        switch piece.codec {
        case .none:
            guard bytes.count == size else { throw .damaged("a page has another size than it says") }
            return Array(bytes)
        case .snappy: return try Snappy.expand(bytes, to: size)
        case .gzip:
            var expanded: [UInt8] = []
            do {
                let stream = try GzipStream(file: "page")
                try stream.expand(Array(bytes)) { part in
                    expanded += part
                    guard expanded.count <= size else { throw ParquetFault.damaged("a page is longer than it says") }
                }
            } catch { throw .damaged("a page is not compressed as it says") }
            guard expanded.count == size else { throw .damaged("a page has another size than it says") }
            return expanded
        }
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` with a typed error.
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws(ParquetFault) -> Void) throws(ParquetFault) {
        var fault: ParquetFault?
        withUnsafeBytes { bytes in
            do throws(ParquetFault) { try body(bytes) } catch { fault = error }
        }
        if let fault { throw fault }
    }
}
