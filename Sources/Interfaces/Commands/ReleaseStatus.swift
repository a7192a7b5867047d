// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation

/// A release in a few lines, for somebody who was woken by it: what is live, what is known, what comes next, what to type.
struct ReleaseStatus {
    private let answer: RolloutAnswer
    /// Such as `churn 3`.
    private let version: String
    private let now: Int64

    init(_ answer: RolloutAnswer, of release: ReleaseAnswer) {
        self.answer = answer
        version = "\(release.model) \(release.version)"
        now = answer.outlook?.now ?? nowMilliseconds()
    }

    var text: String {
        let lines = [("LIVE", live), ("STEP", step), ("VERDICT", verdict), ("NEXT", next)] + commands
        let headline = "\(answer.endpoint): \(state)"
        return
            ([headline]
            + lines.compactMap { label, value in
                value.map { "  " + label.padding(toLength: 9, withPad: " ", startingAt: 0) + $0.printableLine }
            }).joined(separator: "\n")
    }

    /// The text without what changes every second.
    var essence: String { [state, live, verdict, answer.outlook?.waitsFor.map { $0.filter { !$0.isNumber } }].compactMap(\.self).joined() }

    private var strategy: String { answer.plan.strategy ?? "canary" }

    private var state: String {
        let candidate = "revision \(answer.candidate) (\(version))"
        let stable = answer.stable.map { "revision \($0)" } ?? "nothing"
        switch answer.phase {
        case "progressing": return "\(candidate) is on trial against \(stable), \(strategy)"
        case "paused": return "PAUSED, \(candidate) against \(stable), \(strategy): \((answer.reason ?? "no reason given").printableLine)"
        case "promoted": return "\(candidate) was promoted at \(Output.time(answer.finished))" + because
        case "rolled-back": return "\(candidate) was ROLLED BACK at \(Output.time(answer.finished))" + because
        case "aborted": return "\(candidate) was aborted at \(Output.time(answer.finished))" + because
        default: return "\(candidate) is \(answer.phase)" + because
        }
    }

    private var because: String { answer.reason.map { ": \($0.printableLine)" } ?? "" }

    private var isActive: Bool { answer.phase == "progressing" || answer.phase == "paused" }

    private var live: String? {
        guard let stable = answer.stable else { return "revision \(answer.candidate) answers everything" }
        switch answer.percent {
        case 0: return "revision \(stable) answers everything" + (isActive ? ", revision \(answer.candidate) nobody yet" : "")
        case 100: return "revision \(answer.candidate) answers everything" + warm
        default: return "revision \(stable) answers \(100 - answer.percent) %, revision \(answer.candidate) \(answer.percent) %"
        }
    }

    private var warm: String {
        guard let until = answer.outlook?.warmUntil, let stable = answer.stable else { return "" }
        return "; revision \(stable) stays loaded until \(Output.time(until))"
    }

    private var step: String? {
        guard isActive, let percents = answer.plan.percents else { return nil }
        let steps = percents.map { $0 == answer.percent ? "[\($0)]" : "\($0)" }.joined(separator: " - ") + " %"
        return steps + (answer.outlook.map { ", since \(Output.time($0.stepBegan)) (\(Self.span(now - $0.stepBegan)))" } ?? "")
    }

    private var verdict: String? {
        guard let evidence = answer.evidence else { return isActive ? "nothing known yet" : nil }
        if let breach = evidence.breach { return "AGAINST the candidate. \(breach)" }
        let harm = Self.number(exp(min(evidence.logHarm, 700)))
        var parts = [
            "nothing shown against the candidate: evidence of harm \(harm), \(Self.number(exp(evidence.logLimit))) would roll it back",
            "\(evidence.badEvents) bad answers weighed",
            "labelled \(evidence.candidateLabelled) of the candidate's \(evidence.candidatePredictions) answers, \(evidence.stableLabelled) of the stable",
            "\(evidence.candidateInvalid) invalid",
        ]
        if let pairs = evidence.pairs { parts.append("\(pairs) requests answered by both") }
        return parts.joined(separator: "; ")
    }

    private var next: String? {
        guard isActive else { return nil }
        if let frozen = answer.outlook?.frozen { return "nothing while frozen. \(frozen)" }
        if answer.phase == "paused" { return "nothing until somebody resumes, promotes or ends it" }
        let share = answer.outlook?.nextPercent.map { $0 == 100 ? "promotion" : "\($0) %" } ?? "promotion"
        let deadline = "a person is asked at \(Output.time(answer.deadline)) (in \(Self.span(answer.deadline - now)))"
        guard let missing = answer.outlook?.waitsFor else { return "\(share), within seconds; \(deadline)" }
        return "\(share), when this is done: \(missing) Else \(deadline)"
    }

    private var commands: [(String, String?)] {
        let name = answer.endpoint
        switch answer.phase {
        case "progressing":
            return [
                ("STOP", "dhow release abort \(name) --because \"…\"    all traffic back to revision \(answer.stable ?? 0), at once"),
                ("HOLD", "dhow release pause \(name) --because \"…\""),
            ]
        case "paused":
            return [
                ("STOP", "dhow release abort \(name) --because \"…\"    all traffic back to revision \(answer.stable ?? 0), at once"),
                ("GO ON", goOn),
            ]
        case "promoted" where answer.stable != nil:
            return [
                ("UNDO", "dhow release rollback \(name) --because \"…\"    all traffic back to revision \(answer.stable ?? 0), at once")
            ]
        default: return []
        }
    }

    private var goOn: String {
        let resume = "dhow release resume \(answer.endpoint) --because \"…\""
        guard answer.outlook?.frozen != nil, let environment = answer.outlook?.environment else { return resume }
        return "dhow environment show \(environment); once it is open: \(resume)"
    }

    /// `2 d 4 h`, `14 min`, `9 s`.
    static func span(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min"
        case ..<86_400: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }

    private static func number(_ value: Double) -> String {
        value < 1000 ? "\((value * 10).rounded() / 10)" : "10^\(Int(log10(value)))"
    }
}

extension String {
    /// Texts of other people, without what would steer the terminal.
    fileprivate var printableLine: String { replacing(/[[:cntrl:]]/, with: "\u{FFFD}") }
}
