// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Serving

@Suite("How many replicas the calls need")
struct ReplicaScalerTests {
    private func settings(_ minimum: Int = 0, _ maximum: Int = 10, concurrency: Int = 10) -> ReplicaScaler.Settings {
        var settings = ReplicaScaler.Settings()
        settings.minimum = minimum
        settings.maximum = maximum
        settings.concurrency = concurrency
        return settings
    }

    /// The last answer after so many seconds of one load.
    private func run(_ scaler: inout ReplicaScaler, from start: Int, seconds: Int, concurrency: Double, ready: Int) -> Int {
        var desired = 0
        for second in start..<start + seconds {
            desired = scaler.desired(at: .seconds(second), concurrency: concurrency, ready: ready)
        }
        return desired
    }

    @Test(
        "is the mean concurrency by seven tenths of what one carries",
        arguments: [(0.0, 0), (0.1, 1), (7, 1), (7.1, 2), (14, 2), (35, 5), (700, 10)])
    func stable(concurrency: Double, expected: Int) {
        var scaler = ReplicaScaler(settings())
        #expect(run(&scaler, from: 1, seconds: 60, concurrency: concurrency, ready: expected) == expected)
    }

    @Test("never leaves the bounds")
    func bounds() {
        var scaler = ReplicaScaler(settings(2, 3))
        #expect(scaler.desired(at: .seconds(1), concurrency: 0, ready: 0) == 2)
        #expect(scaler.desired(at: .seconds(2), concurrency: 10_000, ready: 2) == 3)
    }

    @Test("rises within the panic window when that asks for twice of what is there, and does not fall during the panic")
    func panic() {
        var scaler = ReplicaScaler(settings())
        #expect(run(&scaler, from: 1, seconds: 60, concurrency: 7, ready: 1) == 1)
        #expect(!scaler.isPanicking)
        #expect(run(&scaler, from: 61, seconds: 6, concurrency: 70, ready: 1) == 10)
        #expect(scaler.isPanicking)
        // The load is gone, and the panic holds what there is for a minute.
        #expect(run(&scaler, from: 67, seconds: 55, concurrency: 0, ready: 10) == 10)
        #expect(run(&scaler, from: 122, seconds: 60, concurrency: 0, ready: 10) < 10)
        #expect(!scaler.isPanicking)
    }

    @Test("does not panic about a rise that what is there can bear")
    func calm() {
        var scaler = ReplicaScaler(settings())
        _ = run(&scaler, from: 1, seconds: 60, concurrency: 14, ready: 4)
        _ = run(&scaler, from: 61, seconds: 6, concurrency: 40, ready: 4)
        #expect(!scaler.isPanicking)
    }

    @Test("is one with the first call from zero at once, and zero again when nobody has called for the idle time")
    func zero() {
        var scaler = ReplicaScaler(settings(0, 4))
        #expect(scaler.desired(at: .seconds(1), concurrency: 0, ready: 0) == 0)
        #expect(scaler.desired(at: .seconds(2), concurrency: 1, ready: 0) == 1)
        #expect(run(&scaler, from: 3, seconds: 298, concurrency: 0, ready: 1) == 1)
        #expect(scaler.desired(at: .seconds(302), concurrency: 0, ready: 1) == 0)
        #expect(scaler.desired(at: .seconds(303), concurrency: 2, ready: 0) == 1)
    }
}
