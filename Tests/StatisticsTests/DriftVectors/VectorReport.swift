// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What is right and wrong of one group of vectors: each wrong case is a failure by its id, each statistic has a count.
final class VectorReport {
    /// How close is right. The vectors' own rule: relative 1e-9 for statistics and 1e-6 for p-values, and p-values below 1e-300 may be 0.
    enum Tolerance {
        case statistic, pValue, exact
        /// Of a statistic that is the root of a small difference: what rounding does to the difference, the root makes much larger.
        case root
        case absolute(Double)

        /// What a reference that is 0 but for rounding may differ by: numpy gives a constant 0.1 a deviation of 1.4e-17.
        static let rounding = 1e-14

        func accepts(_ got: Double, for expected: Double) -> Bool {
            if got == expected { return true }
            let gap = abs(got - expected)
            return switch self {
            case .statistic: gap <= 1e-9 * abs(expected) || gap <= Self.rounding
            case .pValue: gap <= 1e-6 * abs(expected) || (abs(got) < 1e-300 && abs(expected) < 1e-300)
            case .root: gap <= 1e-9 * abs(expected) || abs(got * got - expected * expected) <= 1e-15
            case .exact: false
            case .absolute(let allowed): gap <= allowed
            }
        }

        var name: String {
            switch self {
            case .statistic: "relative 1e-9"
            case .pValue: "relative 1e-6"
            case .root: "relative 1e-9, or 1e-15 before the root"
            case .exact: "exact"
            case .absolute(let allowed): "absolute \(allowed)"
            }
        }
    }

    private let group: String
    private var counts: [String: (right: Int, total: Int)] = [:]
    private var compared = 0

    init(_ group: String) {
        self.group = group
    }

    /// An expected null is right when nothing is claimed: nil, or NaN.
    func check(_ id: String, _ statistic: String, _ expected: VectorValue, _ got: Double?, _ tolerance: Tolerance = .statistic) {
        let got = got.flatMap { $0.isNaN ? nil : $0 }
        let isRight =
            switch (expected, got) {
            case (.null, nil): true
            case (.number(let expected), let got?): tolerance.accepts(got, for: expected)
            default: false
            }
        record(isRight, id, statistic, "\(expected)", "\(String(describing: got))", tolerance.name)
    }

    func check(_ id: String, _ statistic: String, _ expected: VectorValue, _ got: [Double?]?, _ tolerance: Tolerance = .statistic) {
        guard let items = expected.items else {
            record(expected == .null && got == nil, id, statistic, "\(expected)", "\(String(describing: got))", tolerance.name)
            return
        }
        let isRight =
            items.count == got?.count
            && zip(items, got ?? []).allSatisfy { item, got in
                guard let number = item.number, let got else { return item == .null && got == nil }
                return tolerance.accepts(got, for: number)
            }
        record(isRight, id, statistic, "\(items.map { $0.number })", "\(String(describing: got))", tolerance.name)
    }

    func check(_ id: String, _ statistic: String, _ expected: VectorValue, equals got: VectorValue) {
        record(expected == got, id, statistic, "\(expected)", "\(got)", "exact")
    }

    /// A key that this suite does not know must not pass in silence.
    func unknown(_ id: String) {
        record(false, id, "unknown kind", "a kind this suite knows", "no such statistic", "exact")
    }

    func missing(_ id: String, _ what: String) {
        record(false, id, "input", what, "nothing", "exact")
    }

    /// A result of another tool that is recorded for comparison and deliberately not followed.
    func skipComparison() { compared += 1 }

    func print() {
        for (statistic, count) in counts.sorted(by: { $0.key < $1.key }) {
            Swift.print("drift vectors  \(group)  \(statistic)  \(count.right)/\(count.total)")
        }
        let right = counts.values.reduce(0) { $0 + $1.right }
        let total = counts.values.reduce(0) { $0 + $1.total }
        Swift.print(
            "drift vectors  \(group)  all  \(right)/\(total)" + (compared > 0 ? ", \(compared) blocks of other tools not followed" : ""))
        #expect(total > 0, "The vectors hold nothing for \(group).")
    }

    private func record(_ isRight: Bool, _ id: String, _ statistic: String, _ expected: String, _ got: String, _ tolerance: String) {
        counts[statistic, default: (0, 0)].total += 1
        if isRight {
            counts[statistic, default: (0, 0)].right += 1
        } else {
            Issue.record("\(group)/\(id) \(statistic): expected \(expected), got \(got), tolerance \(tolerance)")
        }
    }
}
