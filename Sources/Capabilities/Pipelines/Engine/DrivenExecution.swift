// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// What a driver knows of its execution while it holds the lease. Everything in it can be read again from the database.
struct DrivenExecution: Sendable {
    struct Startable: Sendable {
        var unit: StepUnit
        var attempt: Int
        /// A pause comes first.
        var isToPause = false
    }

    struct InFlight: Sendable {
        var number: Int
        /// A handler that is asked again when something changes.
        var isWaiting = false
    }

    /// A command step that is about to run.
    struct Prepared: Sendable {
        let command: CommandStep
        let key: StepKey
        let digest: BlobDigest
    }

    var execution: Execution
    let pipeline: PlannedPipeline
    var state: ExecutionState
    /// Of steps that ended well, as other steps refer to them.
    var outputs: [String: [String: StepOutput]] = [:]
    /// Of elements' runs, by step.
    var itemOutputs: [String: [Int: [String: StepOutput]]] = [:]
    var items: [String: [JSONValue]] = [:]
    /// Attempts that have been noted and not ended.
    var open: [StepUnit: Attempt] = [:]
    var inFlight: [StepUnit: InFlight] = [:]
    var prepared: [StepUnit: Prepared] = [:]
    /// Commands that are ready to be started when there is room, oldest first; those before `begun` are dealt with.
    private var commands: [Startable] = []
    private var begun = 0
    /// Commands that wait for graphics cards.
    private var aside: [Startable] = []
    /// The engine's own kinds, which need no room.
    private var handlers: [Startable] = []
    var batch = CommitBatch()
    /// Successes of the execution that this one goes on from, by unit.
    var earlier: [StepUnit: StepResult] = [:]
    var earlierItems: [String: [JSONValue]] = [:]
    /// Another driver had it before: there may be folders of attempts that nobody cleared up.
    var isTakenUp = false

    init(
        execution: Execution, pipeline: PlannedPipeline, state: ExecutionState, items: [String: [JSONValue]],
        earlier: [StepUnit: StepResult], earlierItems: [String: [JSONValue]], isTakenUp: Bool
    ) {
        (self.execution, self.pipeline, self.state, self.items) = (execution, pipeline, state, items)
        (self.earlier, self.earlierItems, self.isTakenUp) = (earlier, earlierItems, isTakenUp)
    }

    mutating func append(_ startable: Startable) {
        if isCommand(startable.unit) { commands.append(startable) } else { handlers.append(startable) }
    }

    var nextStartable: Startable? { handlers.last ?? (begun < commands.count ? commands[begun] : nil) }

    mutating func putAside(_ startable: Startable) { aside.append(startable) }

    /// What waits for graphics cards is looked at again, before what came later.
    mutating func takeAsideAgain() {
        guard !aside.isEmpty else { return }
        commands = aside + commands[begun...]
        (aside, begun) = ([], 0)
    }

    mutating func dropStartable() {
        if handlers.popLast() != nil { return }
        begun += 1
        if begun == commands.count { (commands, begun) = ([], 0) }
    }

    func step(of unit: StepUnit) -> StepSpecification { pipeline.steps[unit.step] ?? StepSpecification(name: unit.step) }

    /// Those that a step refers to. Not all there are: what is under way would hold them, and each change would copy them.
    func outputs(for step: String) -> [String: [String: StepOutput]] {
        var referred: [String: [String: StepOutput]] = [:]
        for name in pipeline.references[step] ?? [] { referred[name] = outputs[name] }
        return referred
    }

    func isCommand(_ unit: StepUnit) -> Bool { step(of: unit).kind == .command }

    /// The time limit stands still while the execution is paused or waits for people only.
    mutating func keepTime(at now: Timestamp) {
        let standsStill = state.isPaused || state.status == .waitingForApproval
        if standsStill, let deadline = execution.deadline {
            (execution.timeLeft, execution.deadline) = (max(0, (deadline - now).milliseconds), nil)
        } else if !standsStill, let left = execution.timeLeft {
            (execution.timeLeft, execution.deadline) = (nil, now + .milliseconds(left))
        }
    }

    /// Takes note of what a unit made.
    mutating func keep(_ made: [String: StepOutput], of unit: StepUnit) {
        guard let item = unit.item else {
            outputs[unit.step] = made
            return
        }
        itemOutputs[unit.step, default: [:]][item] = made
    }

    /// When all of a step's runs have ended, its outputs are theirs.
    mutating func gather(_ step: String) {
        guard let state = state[StepUnit(step)]?.state, [.succeeded, .reused, .failed].contains(state), let list = items[step] else {
            return
        }
        outputs[step] = self.step(of: StepUnit(step)).gathered(itemOutputs[step] ?? [:], count: list.count)
        itemOutputs[step] = nil
    }
}
