// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// What attempts printed, while they run and after.
extension Executions {
    /// Between two looks for an attempt that is noted and not yet submitted.
    private static let pauseBeforeStart = Duration.milliseconds(100)

    /// Up to `limit` bytes of an attempt's output from `offset`, while it runs and after; nothing when it never began to run.
    ///
    /// - Parameter patience: How long to wait for more of an attempt that goes on, when there is nothing yet.
    package func log(
        of id: String, step: String, attempt number: Int?, from offset: Int64, limit: Int, patience: Duration = .zero, by caller: Caller
    ) async throws -> [UInt8] {
        guard offset >= 0 else {
            throw Problem(.invalid, "pipelines.log.offset", "The offset \(offset) is negative.", fix: "Count from 0.")
        }
        let limit = min(max(limit, 1), 1 << 20)
        var attempt = try await attempt(of: id, step, number, by: caller)
        let end = ContinuousClock.now + patience
        while attempt.ended == nil {
            do {
                let attemptID = StepFolders.attemptID(id, attempt.unit, attempt.number)
                let runner = try await running(attempt, of: id, by: caller)
                // Asked first: waiting for an attempt that is not here would be over at once.
                var bytes = try await runner.log(of: attemptID, from: offset, limit: limit)
                if bytes.isEmpty, patience > .zero {
                    try await Self.wait(end - .now, for: { try await runner.waitForLog(of: attemptID, beyond: offset) })
                    bytes = try await runner.log(of: attemptID, from: offset, limit: limit)
                }
                return bytes
            } catch let problem as Problem where problem.kind == .notFound {
                // It is about to be submitted, ended between the two questions, or runs on another machine: then what is kept is shown.
                attempt = try await self.attempt(of: id, step, attempt.number, by: caller)
                guard attempt.ended == nil, attempt.log == nil, ContinuousClock.now < end else {
                    return try await kept(attempt, offset, limit)
                }
                try await Task.sleep(for: Self.pauseBeforeStart)
            }
        }
        return try await kept(attempt, offset, limit)
    }

    private func kept(_ attempt: Attempt, _ offset: Int64, _ limit: Int) async throws -> [UInt8] {
        try await attempt.log?.read(from: offset, limit: limit, in: blobs) ?? []
    }

    /// The runner as its logs may be shown: without the step's secrets.
    private func running(_ attempt: Attempt, of id: String, by caller: Caller) async throws -> any StepRunner {
        let report = try await governor.read(.pipelineRead, by: caller) { transaction in
            try ExecutionTable(transaction: transaction).find(id).map { execution in
                try PipelineTable(transaction: transaction, workspace: execution.workspace)
                    .find(execution.pipeline, execution.pipelineVersion)
            } ?? nil
        }
        guard let version = report else { throw Self.unknown(id) }
        let step = try PlannedPipelines.shared.plan(version, in: caller.workspace).steps[attempt.unit.step]
        var values: [String] = []
        for name in step?.secrets.values.sorted() ?? [] { values.append(try await secret(name, caller.workspace)) }
        return values.isEmpty ? runner : MaskedRunner(runner: runner, mask: SecretMask(values))
    }

    private static func wait(_ limit: Duration, for body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: limit) }
            group.addTask { try await body() }
            try await group.next()
            group.cancelAll()
        }
    }

    private func attempt(of id: String, _ step: String, _ number: Int?, by caller: Caller) async throws -> Attempt {
        let attempts = try await governor.read(.pipelineRead, by: caller) { transaction -> [Attempt] in
            let table = ExecutionTable(transaction: transaction)
            guard let execution = try table.find(id), execution.workspace == caller.workspace else { throw Self.unknown(id) }
            return try table.attempts(of: StepUnit(reading: step), id)
        }
        guard let attempt = number.map({ number in attempts.first { $0.number == number } }) ?? attempts.last else {
            throw Problem(
                .notFound, "pipelines.attempt.unknown", "Step '\(step.printable)' of execution '\(id.printable)' has no such attempt.")
        }
        return attempt
    }
}
