// SPDX-License-Identifier: Apache-2.0

import Backends
import CPostgres
import Domain

/// How one column of a result in binary format is read.
///
/// The numbers are the type's object identifiers, fixed in Postgres's `pg_type.dat`.
struct ResultColumn {
    private enum Form { case integer, real4, real8, text, bytes, nothing }

    let name: String
    private let index: Int32
    private let form: Form

    /// - Throws: `Problem` `.internal` when a column is of a type that has no `DatabaseValue`.
    static func columns(of result: OpaquePointer) throws -> [ResultColumn] {
        try (0..<PQnfields(result)).map { index in
            let name = PQfname(result, index).map { String(cString: $0) } ?? ""
            return ResultColumn(name: name, index: index, form: try form(PQftype(result, index), name))
        }
    }

    func value(in result: OpaquePointer) -> DatabaseValue {
        guard PQgetisnull(result, 0, index) == 0, let start = PQgetvalue(result, 0, index) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, 0, index)))
        switch form {
        case .integer: return .integer(Self.signed(bytes))
        case .real4: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: Self.signed(bytes)))))
        case .real8: return .real(Double(bitPattern: UInt64(bitPattern: Self.signed(bytes))))
        case .text: return .text(String(decoding: bytes, as: UTF8.self))
        case .bytes: return .blob([UInt8](bytes))
        case .nothing: return .null
        }
    }

    /// A big-endian number of 1, 2, 4 or 8 bytes.
    private static func signed(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        guard let first = bytes.first else { return 0 }
        return bytes.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    private static func form(_ type: Oid, _ name: String) throws -> Form {
        switch type {
        case 16, 20, 21, 23: .integer  // bool, int8, int2, int4
        case 700: .real4
        case 701: .real8
        case 25, 1043, 1042, 19, 705, 114: .text  // text, varchar, bpchar, name, unknown, json
        case 17: .bytes
        case 2278: .nothing  // void
        case 1700: throw unsupported(name, "NUMERIC", fix: "Write CAST(… AS BIGINT) or CAST(… AS DOUBLE PRECISION) around it.")
        default: throw unsupported(name, "of type \(type)", fix: "Cast it to BIGINT, DOUBLE PRECISION, TEXT or BYTEA.")
        }
    }

    private static func unsupported(_ column: String, _ type: String, fix: String) -> Problem {
        Problem(.internal, "database.column.unsupported", "The result's column '\(column)' is \(type).", fix: fix)
    }
}
