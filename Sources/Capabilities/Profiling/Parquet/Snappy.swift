// SPDX-License-Identifier: Apache-2.0

/// Expands Snappy's format (github.com/google/snappy, format_description.txt).
enum Snappy {
    /// - Parameter size: What it must come to.
    static func expand(_ bytes: UnsafeRawBufferPointer, to size: Int) throws(ParquetFault) -> [UInt8] {
        var cursor = ByteCursor(bytes)
        guard try cursor.length() == size else { throw .damaged("a page has another size than it says") }
        var fault: ParquetFault?
        let expanded = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            do throws(ParquetFault) {
                try expand(&cursor, into: output, &count)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        guard expanded.count == size else { throw .damaged("a page has another size than it says") }
        return expanded
    }

    private static func expand(
        _ cursor: inout ByteCursor, into output: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) throws(ParquetFault) {
        while cursor.rest > 0 {
            let tag = Int(try cursor.byte())
            if tag & 3 == 0 {
                var length = tag >> 2
                if length >= 60 {
                    let width = length - 59
                    length = 0
                    for index in 0..<width { length |= Int(try cursor.byte()) << (8 * index) }
                }
                length += 1
                guard length <= output.count - count else { throw .damaged("a page is longer than it says") }
                let literal = try cursor.take(length)
                UnsafeMutableRawBufferPointer(rebasing: output[count..<count + length]).copyMemory(from: literal)
                count += length
                continue
            }
            var length = (tag >> 2) + 1
            let offset: Int
            switch tag & 3 {
            case 1:
                length = (tag >> 2) & 7 + 4
                offset = (tag >> 5) << 8 | Int(try cursor.byte())
            case 2: offset = Int(try cursor.integer(UInt16.self))
            default: offset = Int(try cursor.integer(UInt32.self))
            }
            guard offset > 0, offset <= count, length <= output.count - count else { throw .damaged("a page repeats what it has not") }
            // A copy may run into what it writes.
            for index in count..<count + length { output[index] = output[index - offset] }
            count += length
        }
    }
}
