// SPDX-License-Identifier: Apache-2.0

/// Parquet's mixture of repeated numbers and packed ones.
enum HybridRuns {
    /// Reads `count` numbers of so many bits, in runs.
    ///
    /// - Parameter body: A number, and how often it stands there in a row.
    static func each(
        _ cursor: inout ByteCursor, width: Int, count: Int, _ body: (Int, Int) throws(ParquetFault) -> Void
    ) throws(ParquetFault) {
        guard (0...32).contains(width) else { throw .damaged("numbers of \(width) bits") }
        if width == 0 { return count > 0 ? try body(0, count) : () }
        var left = count
        let mask: UInt64 = (1 << UInt64(width)) - 1
        while left > 0 {
            let head = try cursor.length()
            if head & 1 == 0 {
                var value = 0
                for index in 0..<(width + 7) / 8 { value |= Int(try cursor.byte()) << (8 * index) }
                let length = min(head >> 1, left)
                guard length > 0 else { throw .damaged("a run of nothing") }
                try body(value, length)
                left -= length
                continue
            }
            let groups = head >> 1
            guard groups > 0, groups <= cursor.rest else { throw .damaged("it ends too soon") }
            // The last group may be cut off after the values that are there.
            let packed = try cursor.take(min(groups * width, cursor.rest))
            let length = min(groups * 8, left)
            guard packed.count * 8 >= length * width else { throw .damaged("it ends too soon") }
            var (buffer, bits, next): (UInt64, Int, Int) = (0, 0, 0)
            for _ in 0..<length {
                while bits < width {
                    buffer |= UInt64(packed[next]) << UInt64(bits)
                    next += 1
                    bits += 8
                }
                try body(Int(buffer & mask), 1)
                buffer >>= UInt64(width)
                bits -= width
            }
            left -= length
        }
    }
}
