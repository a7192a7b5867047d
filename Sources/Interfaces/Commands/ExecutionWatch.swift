// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// Follows an execution to its end, saying each change of a step once.
struct ExecutionWatch {
    let client: DhowClient
    let execution: String

    /// - Returns: The execution as it ended.
    func follow(_ say: (String) -> Void) async throws -> ExecutionAnswer {
        var seen: [String: String] = [:]
        var status = ""
        while true {
            let answer: ExecutionAnswer = try await client.watch(path("executions", execution))
            for step in answer.steps ?? [] {
                let line = step.line
                if seen.updateValue(line, forKey: step.name) != line, step.state != "waiting" {
                    say("\(Output.time(nowMilliseconds()))  \(line)")
                }
            }
            if answer.status != status, answer.status == "waitingForApproval" {
                say("\(Output.time(nowMilliseconds()))  waits for a person: dhow approval list")
            }
            status = answer.status
            if answer.ended != nil { return answer }
            try await Task.sleep(for: DhowClient.watchInterval)
        }
    }
}

extension StepAnswer {
    /// `train  running (attempt 2)`.
    fileprivate var line: String {
        var line = "\(name)  \(state)"
        if state == "running", let attempt = attempts.last?.number, attempt > 1 { line += " (attempt \(attempt))" }
        if let reusedFrom { line += " from \(reusedFrom)" }
        if ["ready", "failed"].contains(state), let why { line += ": \(why.printable)" }
        return line
    }

    /// A gate, policy or person said no, as opposed to something that broke.
    fileprivate var isRefused: Bool { attempts.last?.outcome == "refused" }
}

extension ExecutionAnswer {
    /// - Throws: `Problem` unless it succeeded: `.rejected` (exit status 10) when it was refused, else one with exit status 1.
    func requireSuccess() throws(Problem) {
        if status == "succeeded" { return }
        let failed = (steps ?? []).filter { $0.state == "failed" }
        guard let first = failed.first(where: { !$0.isRefused }) ?? failed.first else {
            throw Problem(.conflict, "pipelines.execution.\(status)", "Execution \(id) was \(status).")
        }
        if first.isRefused {
            throw Problem(
                .rejected, "pipelines.execution.refused", "Execution \(id) was refused at step '\(first.name)'.", why: first.why?.printable)
        }
        // Of a step with runs, 'why' begins with the one that failed.
        let unit = first.items == nil ? first.name : "'\(first.why?.prefix { $0 != "," } ?? "\(first.name)[0]")'"
        let fix = first.kind == "command" ? "See what it printed: dhow execution log \(id) \(unit)." : nil
        throw Problem(
            .conflict, "pipelines.execution.failed", "Execution \(id) failed at step '\(first.name)'.", why: first.why?.printable, fix: fix)
    }
}
