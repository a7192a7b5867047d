// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Makes a profile of a Parquet file of flat columns, row group by row group and column by column: one column of one group is in memory.
struct ParquetTable {
    private static let maximumFooter = 64 << 20
    private static let maximumPiece = 256 << 20

    let path: String
    let options: ReadingOptions

    /// - Throws: `ParquetFault.unsupported` for what another reader may know.
    func profile() throws -> TableProfile {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw ParquetFault.damaged("it cannot be read") }
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        let end = try read(handle, of: size, from: size - 8, 8)
        guard Array(end[4...]) == Array("PAR1".utf8) else { throw ParquetFault.damaged("its end is missing") }
        let length = Int(end[0]) | Int(end[1]) << 8 | Int(end[2]) << 16 | Int(end[3]) << 24
        guard length <= min(size - 12, Self.maximumFooter) else { throw ParquetFault.damaged("its end is missing") }
        let footer = try read(handle, of: size, from: size - 8 - length, length).withUnsafeBytes { try ParquetFooter($0) }
        let names = footer.columns.map(\.name)
        guard Set(names).count == names.count else { throw ParquetFault.damaged("two columns have the same name") }
        var profile = TableProfile(columns: names)
        let (score, label) = (names.firstIndex { $0 == options.score }, names.firstIndex { $0 == options.label })
        if let score, let label { profile.scored = ScoredPairs(score: names[score], label: names[label]) }
        let nulls = options.nulls.map { Array($0.utf8) }
        for group in footer.groups {
            var pairs: [Int: [Double?]] = [:]
            for (index, piece) in group.pieces.enumerated() {
                guard piece.size <= Self.maximumPiece else { throw ParquetFault.unsupported("row groups of this size") }
                let bytes = try read(handle, of: size, from: piece.offset, piece.size)
                let isPaired = profile.scored != nil && (index == score || index == label)
                let reader = ParquetPiece(column: footer.columns[index], piece: piece)
                var column = profile.columns[index]
                // Not to be copied when it changes.
                profile.columns[index] = ColumnProfile(name: column.name)
                var values: [Double?] = []
                try bytes.withUnsafeBytes { bytes in
                    try reader.each(bytes, inOrder: isPaired) { value, count in
                        let number = column.add(value, count: count, nulls: nulls)
                        if isPaired { values += Array(repeating: number, count: count) }
                    }
                }
                profile.columns[index] = column
                if isPaired { pairs[index] = values }
            }
            guard zip(profile.columns.map(\.rowCount), names).allSatisfy({ $0.0 == profile.rowCount + group.rows }) else {
                throw ParquetFault.damaged("columns differ in length")
            }
            profile.add(rows: group.rows)
            guard let score, let label, let first = pairs[score], let second = pairs[label] else { continue }
            for (score, label) in zip(first, second) { profile.scored?.add(score: score, label: label) }
        }
        return profile
    }

    private func read(_ handle: FileHandle, of size: Int, from offset: Int, _ count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else { throw ParquetFault.damaged("it is too short") }
        var fault = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let step = pread(handle.fileDescriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                guard step > 0 else {
                    fault = true
                    return
                }
                filled += step
            }
        }
        guard !fault else { throw ParquetFault.damaged("it ends too soon") }
        return bytes
    }
}

extension ColumnProfile {
    /// - Returns: As for a field of a CSV file: texts are read the same way, so that the two formats can be compared.
    fileprivate mutating func add(_ value: ParquetPiece.Value, count: Int, nulls: [[UInt8]]) -> Double? {
        switch value {
        case .null: addNull(count: count)
        case .time(let milliseconds): add(time: milliseconds, count: count)
        case .text(let bytes): return add(field: bytes, count: count, nulls: nulls)
        case .number(let number):
            add(number, count: count)
            return number.isNaN ? nil : number
        }
        return nil
    }
}
