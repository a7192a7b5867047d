// SPDX-License-Identifier: Apache-2.0

import Pipelines
import Testing

@Suite("Thousands of random executions, with lost, late and repeated events")
struct ExecutionSimulationTests {
    @Test("start nothing too early or after a cancellation, succeed once a step, and end", arguments: 0..<8)
    func simulate(_ part: UInt64) throws {
        for number in 0..<500 {
            let seed = part * 500 + UInt64(number)
            var simulation = try Simulation(seed: seed)
            let complaint = simulation.run()
            #expect(complaint == nil, "seed \(seed)")
        }
    }
}

/// One execution against a world that runs attempts, and a line between them that loses, repeats and delays.
private struct Simulation {
    private var random: SplitMix
    private let plan: ExecutionPlan
    private var state: ExecutionState
    /// What became of each attempt that was started; nil while it runs.
    private var attempts: [Attempt: ExecutionEvent?] = [:]
    private var line: [ExecutionEvent] = []
    private var successes: [String: Int] = [:]

    private struct Attempt: Hashable {
        var step: String
        var number: Int
    }

    init(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let count = Int.random(in: 1...12, using: &random)
        let steps = (0..<count).map { position in
            let needs = (0..<position).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map { "s\($0)" }
            let kinds: [StepSpecification.Kind] = [.command, .command, .command, .approval, .gate]
            return StepSpecification(
                name: "s\(position)", kind: kinds.randomElement(using: &random) ?? .command, needs: needs,
                retries: Int.random(in: 0...2, using: &random), isCacheable: Bool.random(using: &random))
        }
        plan = try ExecutionPlan(PipelineSpecification(name: "p", steps: steps.shuffled(using: &random)))
        state = ExecutionState(plan)
        self.random = random
    }

    /// Nil when all went well, else what did not.
    mutating func run() -> String? {
        let cancelAt = Int.random(in: 0..<200, using: &random)
        for tick in 0..<5000 {
            if tick == cancelAt, Bool.random(using: &random) { line.append(.cancelRequested) }
            let actions = state.nextActions()
            if actions != state.nextActions() { return "asking twice differs" }
            if case .finish(let status)? = actions.first { return checkEnd(status, actions) }
            if actions.isEmpty { return "nothing to do, and not over: \(state)" }
            for action in actions.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)) {
                if let complaint = perform(action) { return complaint }
            }
            endSomeAttempts()
            if let complaint = deliver() { return complaint }
        }
        return "it does not end: \(state)"
    }

    private mutating func perform(_ action: ExecutionAction) -> String? {
        switch action {
        case .resolveCache(let step): send(Bool.random(using: &random) ? .cacheMissed(step: step) : .cacheHit(step: step))
        case .start(let step, let number, _):
            if state.isCancelling { return "\(step) is started after the cancellation" }
            guard let node = plan.nodes.first(where: { $0.step.name == step }) else { return "unknown step" }
            let isReady = node.needs.allSatisfy { [.succeeded, .reused].contains(state[$0]?.state) }
            if !isReady { return "\(step) is started before what it needs" }
            if number > node.step.retries + state.retryPolicy.maximumLosses + 1 { return "\(step) is tried too often" }
            let attempt = Attempt(step: step, number: number)
            // Submitting the same attempt again is the same attempt.
            if attempts[attempt] == nil { attempts[attempt] = .some(nil) }
            send(.attemptStarted(step: step, attempt: number))
        case .watch(let step, let number):
            let attempt = Attempt(step: step, number: number)
            guard let outcome = attempts[attempt] else { return "an attempt is watched that was not started" }
            if let outcome { send(outcome) }
        case .stop(let step, let number):
            let attempt = Attempt(step: step, number: number)
            guard let outcome = attempts[attempt] else { return "an attempt is stopped that was not started" }
            let end = outcome ?? .attemptCancelled(step: step, attempt: number)
            attempts[attempt] = .some(end)
            send(end)
        case .finish: return "finish is not alone"
        }
        return nil
    }

    private mutating func endSomeAttempts() {
        let running = attempts.filter { $0.value == nil }.map(\.key).sorted { ($0.step, $0.number) < ($1.step, $1.number) }
        for attempt in running where Int.random(in: 0..<4, using: &random) == 0 {
            let (step, number) = (attempt.step, attempt.number)
            let ends: [ExecutionEvent] = [
                .attemptSucceeded(step: step, attempt: number), .attemptSucceeded(step: step, attempt: number),
                .attemptFailed(step: step, attempt: number), .attemptLost(step: step, attempt: number),
                .attemptRefused(step: step, attempt: number),
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
            if line.count < 50, Int.random(in: 0..<5, using: &random) == 0 { line.append(event) }
            let before = state
            let isNew = state.apply(event)
            if isNew != (state != before) { return "apply says \(isNew) of \(event)" }
            for (old, new) in zip(before.steps, state.steps) {
                if old.state.isFinal, old.state != new.state { return "\(old.name) goes on after its end" }
                if old.state != new.state, [.succeeded, .reused].contains(new.state) { successes[new.name, default: 0] += 1 }
            }
            if before.isCancelling, !state.isCancelling { return "the cancellation is forgotten" }
        }
        return nil
    }

    private func checkEnd(_ status: ExecutionStatus, _ actions: [ExecutionAction]) -> String? {
        if actions.count != 1 || status != state.status { return "the end is not clear" }
        if successes.values.contains(where: { $0 > 1 }) { return "a step succeeded twice" }
        let states = state.steps.map(\.state)
        if !states.allSatisfy(\.isFinal) { return "it ends with steps open" }
        let isSuccess = states.allSatisfy { [.succeeded, .reused].contains($0) }
        return isSuccess == (status == .succeeded) ? nil : "\(status) with \(states)"
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
