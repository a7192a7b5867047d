// SPDX-License-Identifier: Apache-2.0

/// What the last windows of a rule come to: k of m to raise, a run of clean ones to clear.
package enum AlarmDecision: Equatable, Sendable {
    case raise, clear, hold

    /// - Parameter outcomes: Of the rule's windows, newest first; windows that say nothing are left out.
    package init(_ outcomes: [RuleOutcome], by rule: AlarmRule) {
        if outcomes.first == .breach, outcomes.prefix(rule.of).count(where: { $0 == .breach }) >= rule.raise {
            self = .raise
        } else if outcomes.count >= rule.clear, outcomes.prefix(rule.clear).allSatisfy({ $0 == .clean }) {
            self = .clear
        } else {
            self = .hold
        }
    }

    /// How often a rule would have opened an incident over these windows, oldest first.
    package static func alarms(over outcomes: [RuleOutcome], by rule: AlarmRule) -> Int {
        var alarms = 0
        var isRaised = false
        for end in outcomes.indices {
            let seen = Array(outcomes[max(0, end - AlarmRule.mostWindows + 1)...end].reversed())
            switch AlarmDecision(seen, by: rule) {
            case .raise:
                if !isRaised { alarms += 1 }
                isRaised = true
            case .clear: isRaised = false
            case .hold: break
            }
        }
        return alarms
    }
}
