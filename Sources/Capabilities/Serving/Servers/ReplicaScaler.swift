// SPDX-License-Identifier: Apache-2.0

/// How many replicas the calls need: the arithmetic of Knative's pod autoscaler.
///
/// The mean of what runs and waits over a stable window, divided by what one replica is to carry. A short window that asks for twice of what
/// is there starts a panic: then the short window counts as well, and nothing is taken away until it has been calm for a stable window.
package struct ReplicaScaler: Sendable {
    package struct Settings: Sendable, Equatable {
        package var minimum = 1
        package var maximum = 1
        /// Calls that one replica answers at a time.
        package var concurrency = 1
        /// How much of that is aimed at.
        package var utilisation = 0.7
        package var stableWindow = Duration.seconds(60)
        package var panicWindow = Duration.seconds(6)
        /// A panic begins when the panic window asks for this many times the replicas that are ready.
        package var panicThreshold = 2.0
        /// How long there must have been no call before the last replica goes.
        package var idleLimit = Duration.seconds(300)

        package init() {}

        var perReplica: Double { Double(concurrency) * utilisation }
    }

    private struct Sample {
        var time: Duration
        var concurrency: Double
    }

    let settings: Settings
    private var samples: [Sample] = []
    private var panicSince: Duration?
    private var panicMaximum = 0
    private var lastCall: Duration?

    init(_ settings: Settings) {
        precondition(settings.minimum >= 0 && settings.maximum >= max(1, settings.minimum) && settings.concurrency > 0, "Bounds hold.")
        self.settings = settings
    }

    var isPanicking: Bool { panicSince != nil }

    /// - Parameters:
    ///   - concurrency: Calls that run or wait now, or the most there were since the last time.
    ///   - ready: Replicas that answer now.
    mutating func desired(at now: Duration, concurrency: Double, ready: Int) -> Int {
        samples.append(Sample(time: now, concurrency: concurrency))
        samples.removeAll { now - $0.time >= settings.stableWindow }
        if concurrency > 0 { lastCall = now }

        let stable = replicas(for: mean(since: now - settings.stableWindow))
        let urgent = replicas(for: mean(since: now - settings.panicWindow))
        if Double(urgent) >= settings.panicThreshold * Double(max(ready, 1)) {
            if panicSince == nil { panicMaximum = ready }
            panicSince = now
        } else if let since = panicSince, now - since >= settings.stableWindow {
            panicSince = nil
        }
        var desired = stable
        if isPanicking {
            panicMaximum = max(panicMaximum, urgent, stable)
            desired = panicMaximum
        }
        // Whatever the means say: none while a call is there, and the last one stays for a while.
        let isIdle = lastCall.map { now - $0 >= settings.idleLimit } ?? true
        if !isIdle { desired = max(desired, 1) }
        return max(settings.minimum, min(settings.maximum, desired))
    }

    private func replicas(for concurrency: Double) -> Int { Int((concurrency / settings.perReplica).rounded(.up)) }

    private func mean(since start: Duration) -> Double {
        let counted = samples.filter { $0.time > start }
        return counted.isEmpty ? 0 : counted.reduce(0) { $0 + $1.concurrency } / Double(counted.count)
    }
}
