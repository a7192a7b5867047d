// SPDX-License-Identifier: Apache-2.0

/// One range of a `Range` header (RFC 9110, 14.1.2).
package struct ByteRange: Equatable {
    private let first: Int64?
    private let last: Int64?

    /// Nil for what a server may ignore: other units, several ranges, and text that is no range.
    package init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        }.map { String($0) }
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }), parts != ["", ""] else { return nil }
        // More digits than any file has bytes are still a range.
        let numbers = parts.map { $0.isEmpty ? nil : Int64($0) ?? .max }
        if let first = numbers[0], let last = numbers[1], last < first { return nil }
        first = numbers[0]
        last = numbers[1]
    }

    /// Nil when nothing of the file is in the range.
    package func bounds(of size: Int64) -> Range<Int64>? {
        let range: Range<Int64>
        if let first {
            guard first < size else { return nil }
            range = first..<min(last ?? .max, size - 1) + 1
        } else {
            range = max(0, size - (last ?? 0))..<size
        }
        return range.isEmpty ? nil : range
    }
}
