// SPDX-License-Identifier: Apache-2.0

import Domain
import Serving
import Synchronization
import Testing

@Suite("Asking a second time")
struct HedgingTests {
    /// Answers each call with its number, once it may.
    private final class Model: Sendable {
        private let calls = Atomic<Int>(0)
        let slow: Set<Int>

        init(slow: Set<Int>) { self.slow = slow }

        var asked: Int { calls.load(ordering: .relaxed) }

        /// Slow calls answer only when they are cancelled.
        func answer() async throws -> Int {
            let number = calls.wrappingAdd(1, ordering: .relaxed).newValue
            if slow.contains(number) { try await Task.sleep(for: .seconds(3_600)) }
            return number
        }
    }

    private let soon = EndpointSettings.Hedging(milliseconds: 1, percent: 10)
    private let late = EndpointSettings.Hedging(milliseconds: 3_600_000, percent: 10)

    @Test("the second answer counts when the first does not come")
    func second() async throws {
        let (hedging, model) = (Hedging(), Model(slow: [1]))
        #expect(try await hedging.first(by: soon, model.answer) == 2)
        let counts = hedging.counts
        #expect([counts.calls, counts.hedged, counts.won] == [1, 1, 1])
    }

    @Test("an answer in time is the only one asked for")
    func first() async throws {
        let (hedging, model) = (Hedging(), Model(slow: []))
        #expect(try await hedging.first(by: late, model.answer) == 1)
        #expect(model.asked == 1)
        #expect(hedging.counts.hedged == 0)
    }

    @Test("a call that fails before it is late fails")
    func failing() async throws {
        let hedging = Hedging()
        await #expect(throws: CancellationError.self) {
            _ = try await hedging.first(by: late) { () -> Int in throw CancellationError() }
        }
        #expect(hedging.counts.hedged == 0)
    }

    @Test("only the stated share of calls is made twice")
    func share() async throws {
        let hedging = Hedging()
        // Every first call hangs, so that a call is over only by its second one or by its caller's patience.
        for _ in 0..<40 {
            let model = Model(slow: [1])
            try? await Self.limit(.milliseconds(30)) { _ = try await hedging.first(by: soon, model.answer) }
        }
        #expect(hedging.counts.calls == 40)
        // One saved at the start, and a tenth of 40.
        #expect((1...5).contains(hedging.counts.hedged))
    }

    private static func limit(_ patience: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { try await Task.sleep(for: patience) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
