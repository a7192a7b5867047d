// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Command steps: found in the cache, started, watched, and their outputs taken.
extension DrivenPipeline {
    func resolveCache(_ action: ExecutionAction, _ step: StepSpecification, _ execution: Execution) async throws -> StepReport {
        let key: BlobDigest
        do {
            key = try await commandStep(step, execution).key
        } catch let problem as Problem where !problem.isPassing {
            // What is wrong with its references is said by the attempt that cannot start.
            return StepReport(action: action, events: [.cacheMissed(step: step.name)])
        }
        let workspace = lease.workspace
        guard let hit = try await parts.governor.database.read({ try ExecutionTable(transaction: $0).cached(key, in: workspace) }) else {
            return StepReport(action: action, events: [.cacheMissed(step: step.name)])
        }
        let result = StepResult(step: step.name, outputs: hit.outputs, key: key, reusedFrom: hit.execution)
        return StepReport(action: action, events: [.cacheHit(step: step.name)]) { change, execution in
            try Self.hold(result, of: execution, in: change)
            try ExecutionTable(transaction: change.transaction).insert(result, of: execution.id)
            try change.record(
                "step.reused", on: "\(execution.resource)/\(step.name)", ["from": .string(hit.execution), "key": .string(key.description)])
        }
    }

    /// Submits an attempt that was not submitted before; a running one is only taken note of.
    func start(_ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution) async throws -> StepReport {
        let attemptID = attemptID(step.name, number)
        do {
            if case .unknown = try await parts.runner.state(of: attemptID) {
                try await parts.slots.occupy(attemptID)
                guard try await isStill(action) else {
                    parts.slots.vacate(attemptID)
                    return StepReport(action: action)
                }
                try await submit(step, attemptID, execution)
            } else {
                parts.slots.adopt(attemptID)
            }
        } catch let problem as Problem where !problem.isPassing {
            parts.slots.vacate(attemptID)
            return ended(action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", problem.description)
        } catch {
            parts.slots.vacate(attemptID)
            throw error
        }
        return started(action, step.name, number)
    }

    /// Whether the action is still to be done: it may have waited long, and the execution been cancelled or taken over.
    private func isStill(_ action: ExecutionAction) async throws -> Bool {
        let lease = lease
        return try await parts.governor.database.read { try ExecutionTable(transaction: $0).require(lease) }
            .state.nextActions().contains(action)
    }

    private func submit(_ step: StepSpecification, _ attemptID: String, _ execution: Execution) async throws {
        let command = try await commandStep(step, execution)
        try parts.folders.make(attemptID)
        if step.isCacheable { try parts.folders.keep(try command.key, of: attemptID) }
        let folder = parts.folders.work(attemptID)
        var environment = parts.settings.environment
        environment["HOME"] = folder
        environment["TMPDIR"] = folder + "/.tmp"
        environment["DHOW_EXECUTION"] = execution.id
        environment["DHOW_STEP"] = step.name
        environment.merge(try await parts.settings.credentials(execution, lease.controller)) { _, last in last }
        environment.merge(try await command.layOut(in: folder, parts.transfer)) { _, last in last }
        try await parts.runner.submit(
            AttemptSpecification(
                attemptID: attemptID, command: step.command, environment: environment, workingFolder: folder,
                timeoutSeconds: step.timeoutSeconds))
    }

    func watch(_ action: ExecutionAction, _ step: StepSpecification, _ number: Int) async throws -> StepReport {
        let attemptID = attemptID(step.name, number)
        parts.slots.adopt(attemptID)
        let end = try await parts.runner.wait(for: attemptID)
        parts.slots.vacate(attemptID)
        let log = try await keepLog(attemptID)
        let failure = ExecutionEvent.attemptFailed(step: step.name, attempt: number)
        switch end {
        case .succeeded:
            return try await collect(action, step, number, log: log)
        case .failed(let code):
            return ended(action, step.name, number, failure, "failed", "exit code \(code)", log: log)
        case .killed(let signal):
            return ended(action, step.name, number, failure, "killed", "signal \(signal)", log: log)
        case .timedOut:
            let limit = step.timeoutSeconds.map { "after \($0) seconds" }
            return ended(action, step.name, number, failure, "timed out", limit, log: log)
        case .cancelled:
            return ended(action, step.name, number, .attemptCancelled(step: step.name, attempt: number), "cancelled", nil, log: log)
        case .lost, .unknown, .running:
            return ended(action, step.name, number, .attemptLost(step: step.name, attempt: number), "lost", nil, log: log)
        }
    }

    /// Stores what the step left and makes it the step's result.
    private func collect(_ action: ExecutionAction, _ step: StepSpecification, _ number: Int, log: BlobDigest?) async throws -> StepReport {
        let attemptID = attemptID(step.name, number)
        var outputs: [String: StepOutput] = [:]
        do {
            for (name, output) in step.outputs {
                outputs[name] = try await parts.transfer.take(parts.folders.work(attemptID) + "/" + output.path, output: name)
            }
        } catch let problem as Problem where [.rejected, .tooLarge].contains(problem.kind) {
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", problem.description, log: log)
        }
        let result = StepResult(step: step.name, outputs: outputs, key: parts.folders.key(of: attemptID), reusedFrom: nil)
        return succeeded(action, step.name, number, result, log: log)
    }

    private func keepLog(_ attemptID: String) async throws -> BlobDigest? {
        guard try await parts.runner.state(of: attemptID) != .unknown else { return nil }
        return try await parts.transfer.blobs.put(RunnerLog(runner: parts.runner, attemptID: attemptID), limit: RunnerLog.limit).digest
    }
}

/// An attempt's output as the runner has it, in pieces.
private struct RunnerLog: AsyncSequence, Sendable {
    /// 1 GiB; the rest of a longer one is left out.
    static let limit: Int64 = 1 << 30
    private static let piece = 256 << 10

    let runner: any StepRunner
    let attemptID: String

    struct AsyncIterator: AsyncIteratorProtocol {
        let runner: any StepRunner
        let attemptID: String
        var offset: Int64 = 0

        mutating func next() async throws -> [UInt8]? {
            let limit = Swift.min(Int64(RunnerLog.piece), RunnerLog.limit - offset)
            guard limit > 0 else { return nil }
            let bytes = try await runner.log(of: attemptID, from: offset, limit: Int(limit))
            offset += Int64(bytes.count)
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runner: runner, attemptID: attemptID) }
}
