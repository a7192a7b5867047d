// SPDX-License-Identifier: Apache-2.0

/// What a Parquet file says of itself at its end: flat columns, and where the pieces of each lie
/// (github.com/apache/parquet-format, parquet.thrift).
struct ParquetFooter {
    enum Kind: Equatable {
        case boolean, integer32, integer64, unsigned32, unsigned64, float, double, text
        /// Whole numbers of so many milliseconds since 1970.
        case days
        case time(perMillisecond: Double)
    }

    enum Codec: Int {
        case none = 0, snappy, gzip
    }

    struct Column {
        var name: String
        var kind: Kind
        var isOptional: Bool
    }

    struct Piece {
        var codec: Codec
        var offset: Int
        var size: Int
        var values: Int
    }

    struct Group {
        var rows: Int
        /// One for each column.
        var pieces: [Piece]
    }

    private static let maximumRows = 1 << 40

    let columns: [Column]
    let groups: [Group]

    /// - Parameter bytes: Of the footer, without its length and the magic number.
    init(_ bytes: UnsafeRawBufferPointer) throws(ParquetFault) {
        var cursor = ByteCursor(bytes)
        let root = try ThriftValue.structure(&cursor)
        guard let schema = root[2]?.list, let first = schema.first, let width = first[5]?.integer, let groups = root[4]?.list else {
            throw .damaged("its metadata lack the schema")
        }
        guard width == schema.count - 1, width > 0, width <= TableProfile.maximumColumns else { throw .unsupported("nested columns") }
        var columns: [Column] = []
        for element in schema.dropFirst() {
            guard let name = element[4]?.text else { throw .damaged("a column has no name in UTF-8") }
            guard element[3]?.integer != 2, (element[5]?.integer ?? 0) == 0 else { throw .unsupported("nested columns") }
            columns.append(Column(name: name, kind: try Self.kind(of: element), isOptional: element[3]?.integer == 1))
        }
        var pieces: [Group] = []
        for group in groups {
            guard let rows = group[3]?.integer, (0...Self.maximumRows).contains(rows), let chunks = group[1]?.list,
                chunks.count == columns.count
            else {
                throw .damaged("a row group lacks columns")
            }
            var found: [Piece] = []
            for chunk in chunks { found.append(try Self.piece(chunk)) }
            guard found.allSatisfy({ $0.values == rows }) else { throw .damaged("columns differ in length") }
            pieces.append(Group(rows: rows, pieces: found))
        }
        (self.columns, self.groups) = (columns, pieces)
    }

    private static func piece(_ chunk: ThriftValue) throws(ParquetFault) -> Piece {
        guard let meta = chunk[3], let codec = meta[4]?.integer, let values = meta[5]?.integer, let size = meta[7]?.integer,
            let data = meta[9]?.integer, values >= 0, size >= 0, data >= 0
        else { throw .damaged("a column's metadata are not there") }
        guard chunk[1] == nil else { throw .unsupported("columns in other files") }
        guard let codec = Codec(rawValue: codec) else { throw .unsupported("compression \(codec)") }
        let dictionary = meta[11]?.integer ?? 0
        return Piece(codec: codec, offset: dictionary > 0 ? min(dictionary, data) : data, size: size, values: values)
    }

    private static func kind(of element: ThriftValue) throws(ParquetFault) -> Kind {
        let type = element[1]?.integer
        let converted = element[6]?.integer
        let logical = element[10]
        if converted == 5 || logical?[5] != nil { throw .unsupported("decimals") }
        if converted == 7 || converted == 8 || converted == 21 || logical?[7] != nil || logical?[14] != nil || logical?[15] != nil {
            throw .unsupported("times of day, intervals, UUIDs and half floats")
        }
        switch type {
        case 0: return .boolean
        case 1:
            if converted == 6 || logical?[6] != nil { return .days }
            return isUnsigned(converted, logical) ? .unsigned32 : .integer32
        case 2:
            if let unit = logical?[8]?[2] {
                return .time(perMillisecond: unit[1] != nil ? 1 : unit[2] != nil ? 1000 : 1_000_000)
            }
            if converted == 9 || converted == 10 { return .time(perMillisecond: converted == 9 ? 1 : 1000) }
            return isUnsigned(converted, logical) ? .unsigned64 : .integer64
        case 4: return .float
        case 5: return .double
        case 6: return .text
        default: throw .unsupported("type \(type ?? -1)")
        }
    }

    private static func isUnsigned(_ converted: Int?, _ logical: ThriftValue?) -> Bool {
        (11...14).contains(converted ?? 0) || logical?[10]?[2]?.boolean == false
    }
}
