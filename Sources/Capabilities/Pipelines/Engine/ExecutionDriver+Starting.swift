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

/// What can be said at once of units that became ready, and which of them begin.
extension ExecutionDriver {
    private static let questionsAtOnce = 512

    /// Answers conditions, lists and the cache until nothing more follows from the answers, in batches with one read each.
    func answerQuestions(_ driven: inout DrivenExecution) async throws {
        while true {
            let actions = driven.state.takeReady(limit: Self.questionsAtOnce)
            guard !actions.isEmpty else { return }
            var unknown: [(unit: StepUnit, prepared: DrivenExecution.Prepared)] = []
            for action in actions {
                switch action {
                case .decide(let step): decide(step, &driven)
                case .expand(let step): try await expand(step, &driven)
                case .resolveCache(let unit):
                    if let prepared = try await prepare(unit, &driven) { unknown.append((unit, prepared)) }
                case .start(let unit, let attempt, let unsuccessful):
                    driven.append(DrivenExecution.Startable(unit: unit, attempt: attempt, isToPause: unsuccessful > 0))
                case .watch, .stop, .finish: break
                }
            }
            if !unknown.isEmpty { try await resolve(unknown, &driven) }
            if driven.batch.isFull { try await commit(&driven) }
        }
    }

    private func decide(_ step: String, _ driven: inout DrivenExecution) {
        let specification = driven.step(of: StepUnit(step))
        do {
            let condition = specification.condition ?? "true"
            let holds = try driven.pipeline.expressions.holds(condition, in: scope(driven, condition))
            driven.state.apply(.conditionAnswered(step: step, holds: holds))
            if !holds { driven.batch.omitted(step) }
        } catch {
            refuse(StepUnit(step), error, &driven)
        }
    }

    private func expand(_ step: String, _ driven: inout DrivenExecution) async throws {
        do {
            let items = try await items(of: step, driven)
            guard items.count <= FanOut.maximumItems else {
                throw Problem(
                    .rejected, "pipelines.forEach.tooMany", "Step '\(step)' is to run for \(items.count) elements.",
                    why: "At most \(FanOut.maximumItems) are taken.", fix: "Give each run more to do.")
            }
            driven.items[step] = items
            driven.state.apply(.expanded(step: step, count: items.count))
            driven.batch.expanded(step, items)
            if items.isEmpty { driven.gather(step) }
        } catch let problem as Problem where !problem.isPassing {
            refuse(StepUnit(step), problem, &driven)
        }
    }

    private func items(of step: String, _ driven: DrivenExecution) async throws -> [JSONValue] {
        switch driven.step(of: StepUnit(step)).forEach?.items {
        case .expression(let source)?:
            do {
                return try driven.pipeline.expressions.items(source, in: scope(driven, source))
            } catch {
                // A spent limit is the expression's fault and not a store's: the same again would come to the same.
                throw Problem(.rejected, error.code, error.what, why: error.why, fix: error.fix)
            }
        case .binding(let binding)?:
            guard case .array(let list)? = try await resolver(of: StepUnit(step), driven).resolve(binding).value else {
                throw Problem(
                    .rejected, "pipelines.forEach.mismatch", "What step '\(step)' is to run for is not a list.",
                    fix: "Bind 'forEach' to a parameter of type list, or to an output of type value that holds a list.")
            }
            return list
        case nil: return []
        }
    }

    /// The key to ask the cache for; nil when it is answered already, or cannot be made: then its attempt says why.
    private func prepare(_ unit: StepUnit, _ driven: inout DrivenExecution) async throws -> DrivenExecution.Prepared? {
        if let earlier = driven.earlier[unit], unit.item.map({ isSameItem($0, of: unit.step, driven) }) ?? true {
            reuse(unit, earlier.outputs, key: earlier.key, from: driven.execution.resumes ?? earlier.reusedFrom, &driven)
            return nil
        }
        let step = driven.step(of: unit)
        guard step.isCacheable, step.outside == nil || step.outside?.freshForSeconds != nil else {
            driven.state.apply(.cacheMissed(unit))
            return nil
        }
        do {
            let command = try await CommandStep(step, driven.pipeline.version.sources, resolver(of: unit, driven))
            let key = try command.key
            let prepared = DrivenExecution.Prepared(command: command, key: key, digest: key.digest)
            driven.prepared[unit] = prepared
            return prepared
        } catch let problem as Problem where !problem.isPassing {
            driven.state.apply(.cacheMissed(unit))
            return nil
        }
    }

    private func isSameItem(_ item: Int, of step: String, _ driven: DrivenExecution) -> Bool {
        guard let list = driven.items[step], let earlier = driven.earlierItems[step], earlier.indices.contains(item) else { return false }
        return list[item] == earlier[item]
    }

    private func resolve(_ unknown: [(unit: StepUnit, prepared: DrivenExecution.Prepared)], _ driven: inout DrivenExecution) async throws {
        let workspace = lease.workspace
        let now = parts.governor.clock.now()
        let keys = unknown.map { unit, prepared in
            (key: prepared.digest, oldest: driven.step(of: unit).outside?.freshForSeconds.map { now - .seconds($0) })
        }
        let hits = try await parts.governor.database.lookUp { try ExecutionTable(transaction: $0).cached(keys, in: workspace) }
        for (unit, prepared) in unknown {
            if let hit = hits[prepared.digest] {
                driven.prepared[unit] = nil
                reuse(unit, hit.outputs, key: prepared.digest, from: hit.execution, &driven)
            } else {
                driven.state.apply(.cacheMissed(unit))
            }
        }
    }

    private func reuse(
        _ unit: StepUnit, _ outputs: [String: StepOutput], key: BlobDigest?, from execution: String?, _ driven: inout DrivenExecution
    ) {
        guard driven.state.apply(.cacheHit(unit)) else { return }
        driven.batch.reused(StepResult(unit: unit, outputs: outputs, key: key, reusedFrom: execution))
        driven.keep(outputs, of: unit)
    }

    private func refuse(_ unit: StepUnit, _ problem: Problem, _ driven: inout DrivenExecution) {
        let number = driven.state[unit]?.nextAttempt ?? 1
        guard driven.state.apply(.questionFailed(unit)) else { return }
        driven.batch.refused(unit, number: number, problem, at: parts.governor.clock.now())
    }

    // MARK: starts

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

    // MARK: looking up

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

    /// What an expression may speak of: the parameters, and the steps that it names.
    private func scope(_ driven: DrivenExecution, _ source: String) -> StepScope {
        var scope = StepScope(parameters: driven.execution.parameters, steps: [:], item: nil, index: nil)
        for step in (try? StepExpressions.stepsNamed(in: source)) ?? [] {
            guard let progress = driven.state[StepUnit(step)] else { continue }
            let values = (driven.outputs[step] ?? [:]).compactMapValues { output in
                if case .value(let value) = output { value } else { nil }
            }
            scope.steps[step] = StepView(state: progress.state.word, outputs: values)
        }
        return scope
    }
}
