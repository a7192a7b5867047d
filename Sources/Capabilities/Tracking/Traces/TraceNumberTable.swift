// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Numbers told of traces and their spans by name, such as tokens and costs, to be aggregated.
struct TraceNumberTable {
    static let maximumNames = 32

    let transaction: any Transaction

    /// Numbers that are not finite are left out.
    ///
    /// - Parameter numbers: By span; those of the whole trace under "".
    func set(_ numbers: [String: [String: Double]], of key: String) throws {
        var rows: [[DatabaseValue]] = []
        for (span, numbers) in numbers.sorted(by: { $0.key < $1.key }) {
            let named = numbers.sorted { $0.key < $1.key }.filter { $0.key.utf8.count <= TrackingKey.maximumLength && $0.value.isFinite }
            rows += named.prefix(Self.maximumNames).map { [.text(key), .text(span), .text($0.key), .real($0.value)] }
        }
        try transaction.insert(
            into: "trace_number (trace, span, key, number)", rows: rows,
            "ON CONFLICT (trace, span, key) DO UPDATE SET number = excluded.number")
    }
}
