// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Tracking

/// Performs the attempts of one execution: what goes wrong in a step is an `UnitEnd`, what goes wrong in the platform is thrown.
struct StepPerformer: Sendable {
    private static let pauseAfterProblem = Duration.seconds(2)

    let parts: DriverParts
    let lease: ExecutionLease
    let pipeline: PlannedPipeline
    let credentials: StepCredentialsOnce
    let logs = KeptLogs()

    func attemptID(_ unit: StepUnit, _ number: Int) -> String { StepFolders.attemptID(lease.execution, unit, number) }

    // MARK: commands

    /// Runs an attempt to its end; one that runs already is only watched.
    ///
    /// - Parameters:
    ///   - prepared: What the key was made of; found again when nil.
    ///   - isOurs: This worker noted it: an attempt that the runner does not know was never submitted. Else it is lost.
    func run(_ unit: StepUnit, _ number: Int, _ prepared: CommandStep?, isOurs: Bool, _ resolver: BindingResolver) async throws
        -> UnitEnd
    {
        let attemptID = attemptID(unit, number)
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        do {
            return try await insisting {
                if case .unknown = try await parts.runner.state(of: attemptID) {
                    guard isOurs else { return UnitEnd(unit: unit, number: number, outcome: .lost) }
                    let command: CommandStep
                    if let prepared {
                        command = prepared
                    } else {
                        command = try await CommandStep(step, pipeline.version.sources, resolver)
                    }
                    try await submit(command, unit, number, resolver.execution)
                }
                return try await watch(step, unit, number, attemptID)
            }
        } catch let problem as Problem {
            return UnitEnd(unit: unit, number: number, outcome: .failed, detail: problem.description)
        }
    }

    func stop(_ unit: StepUnit, _ number: Int) async throws {
        try await parts.runner.cancel(attemptID(unit, number), grace: parts.settings.cancelGrace)
    }

    private func submit(_ command: CommandStep, _ unit: StepUnit, _ number: Int, _ execution: Execution) async throws {
        let attemptID = attemptID(unit, number)
        try parts.folders.make(attemptID)
        let folder = parts.folders.work(attemptID)
        var environment = parts.settings.environment
        environment["HOME"] = folder
        environment["TMPDIR"] = folder + "/.tmp"
        environment["DHOW_EXECUTION"] = execution.id
        environment["DHOW_STEP"] = command.step.name
        environment.merge(try await credentials.variables(execution, lease.controller)) { _, last in last }
        environment.merge(try await command.layOut(in: folder, parts.transfer)) { _, last in last }
        try await placeCheckpoint(command.step, unit, number, in: folder, &environment)
        for (variable, name) in command.step.secrets {
            environment[variable] = try await parts.settings.secret(name, execution.workspace)
        }
        let request = command.step.resources
        try await parts.runner.submit(
            AttemptSpecification(
                attemptID: attemptID, command: try await parts.runtimes.command(of: command, environment: &environment),
                environment: environment, workingFolder: folder, timeoutSeconds: command.step.timeoutSeconds,
                resources: AttemptResources(
                    cpuMilli: request.cpuMilli, memoryBytes: request.memoryBytes,
                    gpus: request.gpuCount > 0 ? parts.gpus.assign(request.gpuCount, of: request.gpuKind, to: attemptID) : nil,
                    diskBytes: request.diskBytes),
                isolation: isolation(of: command.step), shownFolders: [parts.settings.environmentsFolder],
                grace: parts.settings.cancelGrace))
    }

    private func isolation(of step: StepSpecification) -> AttemptIsolation {
        if case .image = step.runtime { return .none }
        let rule = step.sandbox ?? parts.settings.sandbox
        return rule.use == .never ? .none : .sandbox(isRequired: rule.use == .require, hasNetwork: rule.hasNetwork)
    }

    /// Gives an attempt what the one before it left at its checkpoint.
    private func placeCheckpoint(
        _ step: StepSpecification, _ unit: StepUnit, _ number: Int, in folder: String, _ environment: inout [String: String]
    ) async throws {
        guard let checkpoint = step.checkpoint else { return }
        let path = folder + "/" + checkpoint
        environment[CommandContract.checkpointVariable] = path
        guard number > 1 else { return }
        let execution = lease.execution
        let attempts = try await parts.governor.database.read { try ExecutionTable(transaction: $0).attempts(of: unit, execution) }
        guard let left = attempts.last(where: { $0.number < number && $0.checkpoint != nil })?.checkpoint else { return }
        try await parts.transfer.place(left, at: path)
    }

    private func watch(_ step: StepSpecification, _ unit: StepUnit, _ number: Int, _ attemptID: String) async throws -> UnitEnd {
        let state = try await parts.runner.wait(for: attemptID)
        let log = try await keepLog(of: step, attemptID, state)
        func end(_ outcome: UnitEnd.Outcome, _ detail: String? = nil) -> UnitEnd {
            UnitEnd(unit: unit, number: number, outcome: outcome, detail: detail, log: log)
        }
        var ended: UnitEnd
        switch state {
        case .succeeded:
            do {
                var made = end(.succeeded)
                for (name, output) in step.outputs {
                    made.outputs[name] = try await parts.transfer.take(
                        parts.folders.work(attemptID) + "/" + output.path, output: name, of: output.type)
                }
                made.reports = try reports(of: step, unit, number, in: parts.folders.work(attemptID), isSuccess: true)
                try await recordSnapshots(of: step, made.outputs)
                return made
            } catch let problem as Problem where [.rejected, .tooLarge].contains(problem.kind) {
                return end(.failed, problem.description)
            }
        case .failed(let code): ended = end(.failed, "exit code \(code)")
        case .killed(let signal): ended = end(.killed, "signal \(signal)")
        case .timedOut: ended = end(.timedOut, step.timeoutSeconds.map { "after \($0) seconds" })
        case .cancelled: ended = end(.cancelled)
        case .lost, .unknown, .running: ended = end(.lost)
        }
        if let limit = try await parts.runner.end(of: attemptID)?.limit {
            ended.detail = [ended.detail, limit.sentence].compactMap { $0 }.joined(separator: "; ")
        }
        ended.reports = try reports(of: step, unit, number, in: parts.folders.work(attemptID), isSuccess: false)
        if let checkpoint = step.checkpoint {
            // None, or one that cannot be taken, only means that the next attempt begins anew.
            ended.checkpoint = try? await parts.transfer.take(
                parts.folders.work(attemptID) + "/" + checkpoint, output: "checkpoint", of: .any)
        }
        return ended
    }

    // MARK: what does not answer

    /// Does it again, after pauses, while a store or service does not answer: that costs the step nothing.
    func insisting<Result>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do {
                return try await body()
            } catch let problem as Problem where problem.isPassing {
                parts.report(lease.execution, problem)
                try await parts.clock.sleep(for: Self.pauseAfterProblem)
            }
        }
    }
}

extension Problem {
    /// Says nothing about the step: trying the same again later is right.
    var isPassing: Bool { [.unavailable, .storageFull, .exhausted].contains(kind) }
}
