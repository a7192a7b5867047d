// SPDX-License-Identifier: Apache-2.0

/// Writes stars over the values of secrets in what steps print. A byte for a byte, so that offsets stay what they are.
struct SecretMask: Sendable {
    /// Shorter values would star out ordinary text; they are left as they are.
    static let shortest = 4

    private let values: [[UInt8]]
    /// Bytes before and after a piece that a value may reach over.
    let margin: Int

    init(_ values: [String]) {
        self.values = values.map { Array($0.utf8) }.filter { $0.count >= Self.shortest }
        margin = max(0, (self.values.map(\.count).max() ?? 1) - 1)
    }

    var isEmpty: Bool { values.isEmpty }

    /// O(bytes × values).
    func masked(_ bytes: [UInt8]) -> [UInt8] {
        var masked = bytes
        for value in values where bytes.count >= value.count {
            var start = 0
            while start <= bytes.count - value.count {
                guard let first = bytes[start...(bytes.count - value.count)].firstIndex(of: value[0]) else { break }
                if bytes[first..<(first + value.count)].elementsEqual(value) {
                    for index in first..<(first + value.count) { masked[index] = UInt8(ascii: "*") }
                }
                start = first + 1
            }
        }
        return masked
    }

    /// A piece of a text that is longer, by reading a little more on both sides.
    ///
    /// - Parameter read: Up to `count` bytes from `offset`; fewer only at the end.
    func piece(from offset: Int64, count: Int, _ read: (_ offset: Int64, _ count: Int) async throws -> [UInt8]) async throws -> [UInt8] {
        guard !isEmpty else { return try await read(offset, count) }
        let start = max(0, offset - Int64(margin))
        let lead = Int(offset - start)
        let bytes = try await read(start, lead + count + margin)
        return Array(masked(bytes).dropFirst(lead).prefix(count))
    }
}
