// SPDX-License-Identifier: Apache-2.0

import Domain

/// Why a step of an execution ran, or did not.
package struct StepExplanation: Codable, Sendable, Equatable {
    package var step: String
    package var state: String
    package var because: String
    /// What differs from the key of the last success before, the first difference first.
    package var changes: [String]
}

extension StepKey {
    /// What differs from an earlier key, in the order in which the key is made.
    package func changes(since earlier: StepKey) -> [String] {
        var changes: [String] = []
        if command != earlier.command { changes.append("its command") }
        changes += Self.differences(environment, earlier.environment, "variable")
        changes += Self.differences(inputs, earlier.inputs, "input")
        changes += Self.differences(source, earlier.source, "source")
        changes += Self.differences(outputs, earlier.outputs, "output")
        return changes
    }

    private static func differences<Value: Equatable>(_ now: [String: Value], _ before: [String: Value], _ noun: String) -> [String] {
        Set(now.keys).union(before.keys).sorted().compactMap { name in
            switch (before[name], now[name]) {
            case (nil, _?): "\(noun) '\(name)' is new"
            case (_?, nil): "\(noun) '\(name)' is gone"
            case (let old?, let new?) where old != new: "\(noun) '\(name)' changed"
            default: nil
            }
        }
    }
}
