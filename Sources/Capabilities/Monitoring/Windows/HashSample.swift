// SPDX-License-Identifier: Apache-2.0

/// At most `limit` values out of any number, chosen by the smallest hashes of their rows: the same rows whatever the order, and on every
/// machine. Adding is O(log limit) amortised; memory is twice the limit.
struct HashSample<Value: Sendable>: Sendable {
    let limit: Int
    private var entries: [(hash: UInt64, value: Value)] = []
    /// Hashes at or above it can no longer be among the smallest.
    private var bound = UInt64.max

    init(limit: Int) {
        precondition(limit > 0, "A sample has room for one value.")
        self.limit = limit
    }

    mutating func add(_ value: Value, hash: UInt64) {
        guard hash <= bound else { return }
        entries.append((hash, value))
        if entries.count >= 2 * limit { shrink() }
    }

    var values: [Value] {
        var copy = self
        copy.shrink()
        return copy.entries.map(\.value)
    }

    private mutating func shrink() {
        guard entries.count > limit else { return }
        entries.sort { $0.hash < $1.hash }
        entries.removeLast(entries.count - limit)
        bound = entries.last?.hash ?? .max
    }
}
