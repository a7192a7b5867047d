// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

@Suite("Thousands of random executions, with crashes, and with lost, late and repeated events")
struct ExecutionSimulationTests {
    @Test("start nothing too early or after a cancellation, succeed once a unit, keep their budgets, and end", arguments: 0..<10)
    func simulate(_ part: UInt64) throws {
        for number in 0..<1000 {
            let seed = part * 1000 + UInt64(number)
            var simulation = try Simulation(seed: seed)
            let complaint = simulation.run()
            #expect(complaint == nil, "seed \(seed)")
        }
    }
}

/// One execution against a world that runs attempts, a line between them that loses, repeats and delays, and an engine that crashes and
/// goes on from what was saved.
private struct Simulation {
    private var random: SplitMix
    private let plan: ExecutionPlan
    private var state: ExecutionState
    /// What became of each attempt that was started; nil while it runs.
    private var attempts: [Attempt: ExecutionEvent?] = [:]
    private var line: [ExecutionEvent] = []
    private var successes: [StepUnit: Int] = [:]
    private var saved: [StepUnit: StepProgress] = [:]
    private var answers: [String: Bool] = [:]
    private var counts: [String: Int] = [:]

    private struct Attempt: Hashable {
        var unit: StepUnit
        var number: Int
    }

    init(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let count = Int.random(in: 1...9, using: &random)
        let steps = (0..<count).map { position in
            let needs = (0..<position).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map { "s\($0)" }
            let kinds: [StepSpecification.Kind] = [.command, .command, .command, .approval, .gate]
            var step = StepSpecification(
                name: "s\(position)", kind: kinds.randomElement(using: &random) ?? .command, needs: needs,
                retries: Int.random(in: 0...2, using: &random), isCacheable: Bool.random(using: &random))
            step.retryPolicy.maximumLosses = Int.random(in: 0...3, using: &random)
            if !needs.isEmpty, Int.random(in: 0..<5, using: &random) == 0 {
                step.runs = RunRule.allCases.randomElement(using: &random) ?? .always
            }
            if Int.random(in: 0..<5, using: &random) == 0 { step.condition = "true" }
            if step.kind == .command, Int.random(in: 0..<4, using: &random) == 0 {
                step.forEach = FanOut(
                    .binding(.value([])), limit: Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil)
            }
            return step
        }
        plan = try ExecutionPlan(PipelineSpecification(name: "p", steps: steps.shuffled(using: &random)))
        state = ExecutionState(plan)
        self.random = random
    }

    /// Nil when all went well, else what did not.
    mutating func run() -> String? {
        let orders: [ExecutionEvent] = [.cancelRequested, .timedOut, .pauseRequested]
        let orderAt = Int.random(in: 0..<200, using: &random)
        for tick in 0..<5000 {
            if tick == orderAt, Bool.random(using: &random) { line.append(orders.randomElement(using: &random) ?? .cancelRequested) }
            if state.isPaused, Int.random(in: 0..<10, using: &random) == 0 { line.append(.resumeRequested) }
            if Int.random(in: 0..<20, using: &random) == 0, let complaint = crash() { return complaint }
            let actions = state.nextActions()
            if case .finish(let status)? = actions.first { return checkEnd(status, actions) }
            if actions.isEmpty, !state.isPaused { return "nothing to do, and not over" }
            for action in actions.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)) {
                if let complaint = perform(action) { return complaint }
            }
            endSomeAttempts()
            if let complaint = deliver() { return complaint }
        }
        return "it does not end"
    }

    /// The engine loses its memory and reads what was saved.
    private mutating func crash() -> String? {
        for (unit, progress) in state.takeChanged() { saved[unit] = progress }
        var restored = ExecutionState(
            plan, asksAll: false, saved: saved.map { ExecutionState.Saved($0.key, $0.value) }, itemCounts: counts.filter { $0.value > 0 },
            isCancelling: state.isCancelling, isPaused: state.isPaused, isTimedOut: state.isTimedOut)
        if restored.status != state.status { return "\(state.status) becomes \(restored.status) by a crash" }
        for unit in units where restored[unit]?.state != state[unit]?.state {
            return
                "\(unit) was \(String(describing: state[unit]?.state)), and is \(String(describing: restored[unit]?.state)) after a crash"
        }
        let due = Set(
            restored.nextActions().filter { action in
                switch action {
                case .watch, .stop, .finish: false
                case .decide, .expand, .resolveCache, .start: true
                }
            })
        var copy = restored
        if !state.isCancelling, Set(copy.takeReady(limit: .max)) != due { return "an engine that asks once is not told all" }
        if restored.takeChanged().contains(where: { _ in true }) { return "reading changes something" }
        state = restored
        return nil
    }

    private var units: [StepUnit] {
        state.steps.flatMap { step in [StepUnit(step)] + (0..<state.itemCount(of: step)).map { StepUnit(step, item: $0) } }
    }

    private mutating func perform(_ action: ExecutionAction) -> String? {
        if state.isPaused || state.isCancelling {
            switch action {
            case .watch, .stop, .finish: break
            default: return "\(action) while nothing may begin"
            }
        }
        switch action {
        case .decide(let step):
            // The same question has the same answer.
            let holds = answers[step] ?? (Int.random(in: 0..<3, using: &random) > 0)
            answers[step] = holds
            send(.conditionAnswered(step: step, holds: holds))
        case .expand(let step):
            let count = counts[step] ?? Int.random(in: 0...5, using: &random)
            counts[step] = count
            // Saved with the list, so it is never lost.
            line.append(.expanded(step: step, count: count))
        case .resolveCache(let unit):
            send(Bool.random(using: &random) ? .cacheMissed(unit) : Bool.random(using: &random) ? .cacheHit(unit) : .questionFailed(unit))
        case .start(let unit, let number, let unsuccessful):
            guard let node = plan.nodes.first(where: { $0.step.name == unit.step }) else { return "unknown step" }
            if let complaint = checkNeeds(of: node) { return complaint }
            if answers[unit.step] == false { return "\(unit) is started though its condition does not hold" }
            if let limit = node.step.forEach?.limit {
                let open = (0..<state.itemCount(of: unit.step)).count { item in
                    let state = state[StepUnit(unit.step, item: item)]?.state
                    return state != .waiting && state?.isFinal == false
                }
                if open > limit { return "\(open) runs of \(unit.step) at a time, not \(limit)" }
            }
            if unsuccessful != number - 1 { return "\(unit) has had \(number - 1) attempts, not \(unsuccessful)" }
            if number > node.step.retries + node.step.retryPolicy.maximumLosses + 1 { return "\(unit) is tried too often" }
            let attempt = Attempt(unit: unit, number: number)
            // Submitting the same attempt again is the same attempt.
            if attempts[attempt] == nil { attempts[attempt] = .some(nil) }
            send(.attemptStarted(unit, attempt: number))
        case .watch(let unit, let number):
            let attempt = Attempt(unit: unit, number: number)
            guard let outcome = attempts[attempt] else { return "an attempt is watched that was not started" }
            if let outcome { send(outcome) }
        case .stop(let unit, let number):
            let attempt = Attempt(unit: unit, number: number)
            guard let outcome = attempts[attempt] else { return "an attempt is stopped that was not started" }
            let end = outcome ?? .attemptCancelled(unit, attempt: number)
            attempts[attempt] = .some(end)
            send(end)
        case .finish: return "finish is not alone"
        }
        return nil
    }

    private func checkNeeds(of node: ExecutionPlan.Node) -> String? {
        let states = node.needs.map { state[StepUnit($0)]?.state ?? .waiting }
        let isBad = { (state: StepState) in [.failed, .skipped, .cancelled].contains(state) }
        switch node.step.runs {
        case .afterSuccess:
            return states.allSatisfy { $0.isFinal && !isBad($0) } ? nil : "\(node.step.name) is started before what it needs"
        case .afterFailure:
            return states.allSatisfy(\.isFinal) && states.contains(where: isBad) ? nil : "\(node.step.name) is started without a failure"
        case .always: return states.allSatisfy(\.isFinal) ? nil : "\(node.step.name) is started before what it needs has ended"
        }
    }

    private mutating func endSomeAttempts() {
        let running = attempts.filter { $0.value == nil }.map(\.key)
            .sorted { ($0.unit.description, $0.number) < ($1.unit.description, $1.number) }
        for attempt in running where Int.random(in: 0..<4, using: &random) == 0 {
            let (unit, number) = (attempt.unit, attempt.number)
            let ends: [ExecutionEvent] = [
                .attemptSucceeded(unit, attempt: number), .attemptSucceeded(unit, attempt: number), .attemptFailed(unit, attempt: number),
                .attemptLost(unit, attempt: number), .attemptRefused(unit, attempt: number),
            ]
            let end = ends.randomElement(using: &random) ?? ends[0]
            attempts[attempt] = .some(end)
            send(end)
        }
    }

    /// Lost one time in four, sent twice one time in four.
    private mutating func send(_ event: ExecutionEvent) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1: line += [event, event]
        default: line.append(event)
        }
    }

    /// Some of what is on the line, in any order; what is delivered may be delivered again much later.
    private mutating func deliver() -> String? {
        line.shuffle(using: &random)
        for _ in 0..<min(line.count, Int.random(in: 0...4, using: &random)) {
            guard let event = line.popLast() else { break }
            if line.count < 50, Int.random(in: 0..<5, using: &random) == 0, event != .pauseRequested { line.append(event) }
            for (unit, progress) in state.takeChanged() { saved[unit] = progress }
            let before = state
            let isNew = state.apply(event)
            if isNew != (state != before) { return "apply says \(isNew) of \(event)" }
            for unit in units {
                let (old, new) = (before[unit]?.state ?? .waiting, state[unit]?.state ?? .waiting)
                if old.isFinal, old != new { return "\(unit) goes on after its end" }
                if old != new, [.succeeded, .reused].contains(new) { successes[unit, default: 0] += 1 }
            }
            if before.isCancelling, !state.isCancelling { return "the cancellation is forgotten" }
        }
        return nil
    }

    private func checkEnd(_ status: ExecutionStatus, _ actions: [ExecutionAction]) -> String? {
        if actions.count != 1 || status != state.status { return "the end is not clear" }
        if successes.values.contains(where: { $0 > 1 }) { return "a unit succeeded twice" }
        if let open = units.first(where: { state[$0]?.state.isFinal != true }) { return "it ends with \(open) open" }
        let states = state.steps.compactMap { state[StepUnit($0)]?.state }
        let isFailure = state.isTimedOut || states.contains(.failed)
        if isFailure != (status == .failed) { return "\(status) with \(states)" }
        return (status == .cancelled) == (!isFailure && states.contains(.cancelled)) ? nil : "\(status) with \(states)"
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a seed is a test case.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
