// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Serving

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<5 {
            _ = breaker.admits(at: .zero)
            breaker.failed(at: .zero)
        }
        return breaker
    }

    @Test("opens after five failures in a row; a success in between begins the count anew")
    func opening() {
        var breaker = CircuitBreaker()
        for round in 0..<3 {
            for _ in 0..<4 {
                #expect(breaker.admits(at: .zero) == true)
                breaker.failed(at: .zero)
            }
            #expect(breaker.state == .closed(failures: 4), "\(round)")
            breaker.succeeded()
        }
        for _ in 0..<5 { breaker.failed(at: .seconds(3)) }
        #expect(breaker.state == .open(until: .seconds(4), pause: .seconds(1)))
        #expect(breaker.admits(at: .seconds(3)) == false)
        #expect(breaker.wait(at: .seconds(3)) == .seconds(1))
    }

    @Test("lets one call through after the pause, and closes when that succeeds")
    func closing() {
        var breaker = opened()
        #expect(breaker.admits(at: .milliseconds(999)) == false)
        #expect(breaker.admits(at: .seconds(1)) == true)
        #expect(breaker.state == .halfOpen(pause: .seconds(1)))
        #expect(breaker.admits(at: .seconds(1)) == false, "One is on its way.")
        breaker.succeeded()
        #expect(breaker.state == .closed(failures: 0))
        #expect(breaker.wait(at: .seconds(1)) == nil)
    }

    @Test("doubles the pause up to a minute while the call that finds out fails")
    func pauses() {
        var breaker = opened()
        var now = Duration.seconds(1)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            #expect(breaker.admits(at: now) == true)
            breaker.failed(at: now)
            guard case .open(let until, let pause) = breaker.state else {
                Issue.record("\(breaker.state)")
                return
            }
            pauses.append(pause)
            now = until
        }
        #expect(pauses == [2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    }

    @Test("learns nothing from a caller that went away, or from a call of before it opened")
    func nothing() {
        var breaker = opened()
        #expect(breaker.admits(at: .seconds(1)) == true)
        breaker.abandoned(at: .seconds(2))
        #expect(breaker.admits(at: .seconds(2)) == true)
        breaker.failed(at: .seconds(2))
        let state = breaker.state
        breaker.failed(at: .seconds(3))
        #expect(breaker.state == state)
        breaker.abandoned(at: .seconds(3))
        #expect(breaker.state == state)
        var closed = CircuitBreaker()
        closed.failed(at: .zero)
        closed.abandoned(at: .zero)
        #expect(closed.state == .closed(failures: 1))
    }
}
