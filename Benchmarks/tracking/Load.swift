// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// What one scenario did to one server.
struct LoadResult {
    var requests = 0
    var seconds = 0.0
    /// Of the server's processes, Postgres' not included.
    var cpuSeconds = 0.0
    /// Seconds of each request until its answer had come, sorted.
    var latencies: [Double] = []

    var rate: Double { Double(requests) / seconds }
    var cpuMilliseconds: Double { cpuSeconds * 1000 / Double(max(1, requests)) }

    /// Milliseconds that this share of the requests did not exceed.
    func quantile(_ share: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        return latencies[min(latencies.count - 1, Int(share * Double(latencies.count)))] * 1000
    }

    static func + (first: LoadResult, second: LoadResult) -> LoadResult {
        LoadResult(
            requests: first.requests + second.requests, seconds: first.seconds + second.seconds,
            cpuSeconds: first.cpuSeconds + second.cpuSeconds, latencies: (first.latencies + second.latencies).sorted())
    }
}

/// Connections that each send their next request when the last is answered, until the time is over or each has sent its share.
struct Load {
    var connections: Int
    var seconds: Double
    /// Most requests of one connection.
    var requestsEach = Int.max

    /// - Parameter body: Sends one request; `number` counts this connection's requests from 0. It throws when the answer is not what it must be.
    func run(
        on contender: Contender, _ body: @escaping @Sendable (_ connection: HTTPConnection, _ thread: Int, _ number: Int) throws -> Void
    ) throws -> LoadResult {
        struct State {
            var latencies: [Double] = []
            var failure: (any Error)?
        }
        let state = Mutex(State())
        let group = DispatchGroup()
        let before = contender.tree.processorSeconds()
        let clock = ContinuousClock()
        let start = clock.now
        let (seconds, requestsEach) = (seconds, requestsEach)
        for thread in 0..<connections {
            let connection = Unshared(try contender.connect())
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                var latencies: [Double] = []
                do {
                    while latencies.count < requestsEach, clock.now - start < .seconds(seconds) {
                        let before = connection.value.waited
                        try body(connection.value, thread, latencies.count)
                        latencies.append((connection.value.waited - before) / .seconds(1))
                    }
                } catch {
                    state.withLock { $0.failure = error }
                }
                state.withLock { [latencies] in $0.latencies += latencies }
            }
        }
        group.wait()
        let elapsed = (clock.now - start) / .seconds(1)
        let (latencies, failure) = state.withLock { ($0.latencies, $0.failure) }
        if let failure { throw failure }
        return LoadResult(
            requests: latencies.count, seconds: elapsed, cpuSeconds: contender.tree.processorSeconds() - before,
            latencies: latencies.sorted())
    }
}

/// Handed to one thread and used by it alone.
private struct Unshared<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
