// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// Follows a rollout to its end, saying each change once.
struct RolloutWatch {
    let client: DhowClient
    let rollout: String

    /// - Returns: The rollout as it ended.
    func follow(_ say: (String) -> Void) async throws -> RolloutAnswer {
        var last = ""
        while true {
            let answer: RolloutAnswer = try await client.watch(path("rollouts", rollout))
            let line = answer.line
            if line != last { say("\(Output.time(nowMilliseconds()))  \(line)") }
            last = line
            if answer.finished != nil { return answer }
            try await Task.sleep(for: DhowClient.watchInterval)
        }
    }
}

extension RolloutAnswer {
    /// `progressing  revision 3 at 10 %, labelled 120 of 500 (stable 1080)`.
    fileprivate var line: String {
        var line = "\(phase)  revision \(candidate) at \(percent) %"
        if let evidence {
            let needed = plan.minimumLabelled.map { " of \($0)" } ?? ""
            line += ", labelled \(evidence.candidateLabelled)\(needed) (stable \(evidence.stableLabelled))"
        }
        if let reason { line += ": \(reason.printable)" }
        if phase == "paused" { line += " Go on: dhow rollout resume \(id)" }
        return line
    }

    /// - Throws: `Problem` `.rejected` (exit status 10) unless the candidate was promoted.
    func requirePromotion() throws(Problem) {
        guard phase != "promoted" else { return }
        throw Problem(.rejected, "delivery.rollout.\(phase)", "Rollout \(id) ended as \(phase).", why: reason?.printable)
    }
}

extension DhowClient {
    /// Follows a rollout and prints what happens, or with `json` only how it ended.
    func follow(rollout: String, json: Bool) async throws {
        let answer = try await RolloutWatch(client: self, rollout: rollout).follow { if !json { Output.progress($0) } }
        if json { try Output.json(answer) }
        try answer.requirePromotion()
    }
}
