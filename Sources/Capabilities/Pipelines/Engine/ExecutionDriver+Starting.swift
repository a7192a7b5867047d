// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Tracking

/// What is begun once it has been committed that it is.
enum AttemptStart: Sendable {
    case command(StepUnit, number: Int)
    case handler(StepUnit, number: Int)
    /// Another attempt comes after a pause.
    case pause(StepUnit, number: Int, milliseconds: Int64)
}

/// Which of the units that became ready begin, and what each finds.
extension ExecutionDriver {
    /// Takes note of the attempts that there is room for; they begin once that is committed.
    func chooseStarts(_ driven: inout DrivenExecution) -> [AttemptStart] {
        var starts: [AttemptStart] = []
        driven.takeAsideAgain()
        while let next = driven.nextStartable, !driven.state.isPaused {
            let (unit, number) = (next.unit, next.attempt)
            guard driven.state[unit]?.state == .ready, driven.state[unit]?.nextAttempt == number, !driven.state.isCancelling else {
                driven.dropStartable()
                continue
            }
            if next.isToPause {
                driven.dropStartable()
                starts.append(.pause(unit, number: number, milliseconds: pause(before: unit, number, driven)))
                continue
            }
            let isCommand = driven.isCommand(unit)
            if isCommand {
                switch room(for: unit, number, driven) {
                case .now: break
                case .later: return starts
                case .whenCardsAreFree:
                    driven.dropStartable()
                    driven.putAside(next)
                    continue
                case .never(let problem):
                    driven.dropStartable()
                    refuse(unit, problem, &driven)
                    continue
                }
            }
            driven.dropStartable()
            driven.state.apply(.attemptStarted(unit, attempt: number))
            let attempt = Attempt(
                unit: unit, number: number, worker: lease.owner, key: driven.prepared[unit]?.digest,
                started: parts.governor.clock.now())
            driven.open[unit] = attempt
            driven.inFlight[unit] = DrivenExecution.InFlight(number: number)
            driven.batch.started(attempt)
            starts.append(isCommand ? .command(unit, number: number) : .handler(unit, number: number))
        }
        parts.slots.leave(lease.execution)
        return starts
    }

    private enum Room {
        case now, later, whenCardsAreFree
        case never(Problem)
    }

    /// Whether the attempt can begin; what it needs is its own when it can.
    private func room(for unit: StepUnit, _ number: Int, _ driven: DrivenExecution) -> Room {
        let request = driven.step(of: unit).resources
        if let problem = Self.refusal(of: request, unit, parts) { return .never(problem) }
        let attemptID = performer.attemptID(unit, number)
        if request.gpuCount > 0, parts.gpus.assign(request.gpuCount, of: request.gpuKind, to: attemptID) == nil { return .whenCardsAreFree }
        let inbox = inbox
        if parts.slots.occupy(attemptID, of: lease.execution, { inbox.put(.room) }) { return .now }
        parts.gpus.release(attemptID)
        return .later
    }

    private static func refusal(of request: ResourceRequest, _ unit: StepUnit, _ parts: DriverParts) -> Problem? {
        if request.gpuCount > 0, !parts.gpus.canEverAssign(request.gpuCount, of: request.gpuKind) {
            return Problem(
                .rejected, "pipelines.resources.gpu",
                "Step '\(unit)' needs \(request.gpuCount) graphics cards\(request.gpuKind.map { " of kind '\($0)'" } ?? "").",
                why: "This worker has \(parts.gpus.devices.count)\(parts.gpus.devices.isEmpty ? "" : " in all").",
                fix: "Run a worker on a machine that has them; DHOW_GPUS names cards that are not found.")
        }
        if let region = request.region, region != parts.settings.region {
            return Problem(
                .rejected, "pipelines.resources.region", "Step '\(unit)' is to run in region '\(region)'.",
                why: "This worker is in \(parts.settings.region.map { "region '\($0)'" } ?? "no named region").",
                fix: "Run a worker there, with DHOW_REGION=\(region).")
        }
        if request.spot == .require {
            return Problem(
                .rejected, "pipelines.resources.spot", "Step '\(unit)' requires a machine that can be taken away.",
                why: "This worker's own machine is none.", fix: "Write 'spot: allow' to let it run here too.")
        }
        return nil
    }

    private func pause(before unit: StepUnit, _ number: Int, _ driven: DrivenExecution) -> Int64 {
        let policy = driven.step(of: unit).retryPolicy
        let progress = driven.state[unit]
        let pause = policy.pauseMilliseconds(after: (progress?.failures ?? 0) + (progress?.losses ?? 0))
        guard policy.jitterPercent > 0 else { return pause }
        return pause - Int64(Double(pause) * Double(policy.jitterPercent) / 100 * parts.draw())
    }

    func resolver(of unit: StepUnit, _ driven: DrivenExecution) -> BindingResolver {
        let caller = lease.controller
        let (snapshots, models) = (parts.snapshots, parts.models)
        var resolver = BindingResolver(
            execution: driven.execution, outputs: driven.outputs(for: unit.step),
            snapshotFiles: { id in
                let files = try await snapshots.get(id, by: caller).files
                return Dictionary(files.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
            },
            modelFiles: { model, alias in try await models.version(of: model, alias: alias, in: caller.workspace) })
        if let item = unit.item, let list = driven.items[unit.step], list.indices.contains(item) { resolver.item = (list[item], item) }
        return resolver
    }
}
