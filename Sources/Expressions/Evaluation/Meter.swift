// SPDX-License-Identifier: Apache-2.0

/// What an evaluation has left of its limits.
struct Meter {
    private let limits: EvaluationLimits
    private let deadline: ContinuousClock.Instant?
    private let now: @Sendable () -> ContinuousClock.Instant
    private(set) var remainingCost: Int
    private var remainingMemory: Int
    private var untilClock = 0

    private static let clockInterval = 256

    init(_ limits: EvaluationLimits, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.limits = limits
        self.now = now
        deadline = now().advanced(by: limits.time)
        remainingCost = limits.cost
        remainingMemory = limits.memory
    }

    private init() {
        limits = EvaluationLimits(cost: .max, memory: .max)
        now = { ContinuousClock.now }
        deadline = nil
        remainingCost = .max
        remainingMemory = .max
        untilClock = .max
    }

    /// For comparing values outside an evaluation.
    static let unlimited = Meter()

    var usedCost: Int { limits.cost - remainingCost }

    mutating func charge(_ steps: Int) throws(ExpressionError) {
        remainingCost -= steps
        untilClock -= steps
        if remainingCost < 0 { throw costError }
        if untilClock < 0 { try checkTime() }
    }

    /// For a text of so many bytes that is read or written.
    mutating func charge(text bytes: Int) throws(ExpressionError) {
        try charge(bytes / 10)
    }

    mutating func allocate(_ bytes: Int) throws(ExpressionError) {
        remainingMemory -= bytes
        if remainingMemory < 0 {
            throw ExpressionError(
                .memory, "The expression makes values of more than \(limits.memory) bytes.",
                fix: "Build shorter texts and lists, or raise the limit.")
        }
    }

    mutating func make(_ string: String) throws(ExpressionError) -> ExpressionValue {
        try charge(text: string.utf8.count)
        try allocate(string.utf8.count)
        return .string(string)
    }

    /// For a list or map of so many elements.
    mutating func allocate(elements count: Int) throws(ExpressionError) {
        try charge(count)
        try allocate(count * MemoryLayout<ExpressionValue>.stride)
    }

    var costError: ExpressionError {
        ExpressionError(
            .cost, "The expression takes more than \(limits.cost) steps.", fix: "Look at fewer elements, or raise the limit.")
    }

    private mutating func checkTime() throws(ExpressionError) {
        untilClock = Self.clockInterval
        guard let deadline, now() > deadline else { return }
        throw ExpressionError(
            .time, "The expression takes longer than \(limits.time).", fix: "Look at fewer elements, or raise the limit.")
    }
}
