// SPDX-License-Identifier: Apache-2.0

/// Keys and values, in the order in which they came.
package struct MapValue: Sendable {
    package private(set) var keys: [ExpressionValue] = []
    package private(set) var values: [ExpressionValue] = []
    private(set) var depth = 1
    private var index: [MapKey: Int] = [:]

    package init() {}

    package init(_ entries: [String: ExpressionValue]) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { insert(value, for: MapKey(key), spelled: .string(key)) }
    }

    /// Nil when a key is no bool, int, uint or string, or comes twice; 1 and 1u are one key.
    package init?(_ entries: [(ExpressionValue, ExpressionValue)]) {
        for (key, value) in entries {
            guard let found = MapKey(key), insert(value, for: found, spelled: key) else { return nil }
        }
    }

    package var count: Int { keys.count }

    package subscript(_ key: String) -> ExpressionValue? { self[MapKey(key)] }

    subscript(_ key: MapKey) -> ExpressionValue? { index[key].map { values[$0] } }

    /// - Returns: False, and nothing is changed, when the key is there.
    @discardableResult
    mutating func insert(_ value: ExpressionValue, for key: MapKey, spelled spelling: ExpressionValue) -> Bool {
        guard index[key] == nil else { return false }
        index[key] = keys.count
        keys.append(spelling)
        values.append(value)
        depth = max(depth, value.depth + 1)
        return true
    }
}
