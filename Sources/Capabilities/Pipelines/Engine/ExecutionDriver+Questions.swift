// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Tracking

/// What can be said at once of units that became ready.
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
        driven.gather(unit.step)
    }

    func refuse(_ unit: StepUnit, _ problem: Problem, _ driven: inout DrivenExecution) {
        let number = driven.state[unit]?.nextAttempt ?? 1
        guard driven.state.apply(.questionFailed(unit)) else { return }
        driven.batch.refused(unit, number: number, problem, at: parts.governor.clock.now())
        driven.gather(unit.step)
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
