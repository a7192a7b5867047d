// SPDX-License-Identifier: Apache-2.0

import Backends

/// The arguments of one statement as libpq takes them: bytes in binary, all else as text whose type the server infers from its place.
///
/// So one prepared statement serves every value, also null.
struct ArgumentList {
    var count: Int32 { Int32(lengths.count) }
    /// All values, each ended by a zero byte.
    private var bytes: [UInt8] = []
    /// Where each begins; nil for null.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    /// 1 is binary.
    private var formats: [Int32] = []

    /// - Throws: `Problem` `.invalid` for what no engine may store.
    init(_ values: [DatabaseValue]) throws {
        for value in values {
            try value.requireStorable()
            switch value {
            case .null: append(nil as [UInt8]?, format: 0)
            case .integer(let number): append(Array(String(number).utf8), format: 0)
            // The shortest text that gives the same double back; `inf` and `-inf` are Postgres's words too.
            case .real(let number): append(Array(number.description.utf8), format: 0)
            case .text(let text): append(Array(text.utf8), format: 0)
            case .blob(let blob): append(blob, format: 1)
            }
        }
    }

    func withPointers<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.flatMap { offset in start.map { $0 + offset } } }
            return pointers.withUnsafeBufferPointer { pointers in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in body(pointers.baseAddress, lengths.baseAddress, formats.baseAddress) }
                }
            }
        }
    }

    private mutating func append(_ value: [UInt8]?, format: Int32) {
        offsets.append(value == nil ? nil : bytes.count)
        lengths.append(Int32(clamping: value?.count ?? 0))
        formats.append(format)
        guard let value else { return }
        bytes += value
        bytes.append(0)
    }
}
