// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
import Synchronization

/// The routes of all endpoints, in memory.
///
/// A change committed by this process is seen by every request that begins after it: the commit raises a counter, and a request that
/// finds the counter raised reads the splits again before it assigns. Changes of other processes are seen by a poll.
package final class TrafficRouter: Sendable {
    private struct Map {
        /// What the counter was before these routes were read.
        var changes: UInt64 = 0
        var routes: [EndpointName: Route] = [:]
        var states: [EndpointName: RouteState] = [:]
    }

    /// How often other processes' changes are looked for.
    package static let pollInterval = Duration.milliseconds(500)
    /// A split's time is taken when its change begins, maybe by another machine's clock, so polls look back this far.
    private static let lookBack = Duration.seconds(60)
    /// Every so many polls, all splits are looked at.
    private static let pollsPerFullRead = 120

    private let source: any TrafficSource
    private let host: ModelHost
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let report: @Sendable (any Error) -> Void
    /// One more than the first map's, so that the first request reads.
    private let changes = Atomic<UInt64>(1)
    private let map = Mutex(Map())
    private let refreshing: Refreshing

    /// - Parameter report: Receives what a poll failed with; the next one tries again.
    package init(
        source: any TrafficSource, host: ModelHost, governor: Governor, clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.source = source
        self.host = host
        wallClock = governor.clock
        self.clock = clock
        self.report = report
        refreshing = Refreshing()
        governor.onCommit { [weak self] in self?.noteChange() }
    }

    /// What was asked a second time, of the revisions that have any such settings.
    package var hedging: [(endpoint: EndpointName, revision: Int, counts: Hedging.Counts)] {
        map.withLock { Array($0.routes.values) }.flatMap { route in
            route.lanes.map { (route.name, $0.revision, $0.load.hedging.counts) }.filter { $0.2.calls > 0 }
        }
    }

    /// Says that splits may have changed; the next request looks.
    package func noteChange() {
        changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }

    /// Suspends only when something was committed since the last look.
    ///
    /// - Throws: `Problem` `.notFound` when the endpoint has no traffic. While the database is away the routes last known stay in force.
    func route(to endpoint: EndpointName) async throws -> Route {
        let needed = changes.load(ordering: .acquiring)
        let (current, known) = map.withLock { ($0.changes, $0.routes[endpoint]) }
        if current >= needed, let known { return known }
        do {
            try await refresh(upTo: needed)
        } catch {
            guard let known else { throw error }
            report(error)
            return known
        }
        guard let route = map.withLock({ $0.routes[endpoint] }) else {
            throw Problem(
                .notFound, "serving.endpoint.unknown", "Endpoint '\(endpoint.name.printable)' does not answer.",
                why: "Nothing has been released to it in workspace '\(endpoint.workspace.printable)'.",
                fix: "List the endpoints: dhow endpoint list. Release a version to it: dhow release create.")
        }
        return route
    }

    /// The route when no change has been committed since it was read; nil when `route(to:)` has to look.
    func routeAtOnce(to endpoint: EndpointName) -> Route? {
        let needed = changes.load(ordering: .acquiring)
        return map.withLock { $0.changes >= needed ? $0.routes[endpoint] : nil }
    }

    /// Polls, brings the models of new splits into memory before requests ask for them, and lets go of old ones; until cancelled.
    package func run() async {
        var polls = 0
        while !Task.isCancelled {
            do {
                let isFull = polls % Self.pollsPerFullRead == 0
                try await refresh(upTo: changes.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue, lookingAtAll: isFull)
                await warm()
            } catch {
                if !Task.isCancelled { report(error) }
            }
            polls += 1
            try? await clock.sleep(for: Self.pollInterval)
        }
    }

    /// Makes the routes at least as new as the change counted `needed`; one reads for all that wait.
    private func refresh(upTo needed: UInt64, lookingAtAll isFull: Bool = false) async throws {
        try await refreshing.perform(unless: { [self] in map.withLock { $0.changes >= needed } }) { [self] lastRead in
            let target = changes.load(ordering: .acquiring)
            let now = wallClock.now()
            let known = map.withLock { $0.states }
            let changed = try await source.traffic(changedSince: isFull ? nil : lastRead.map { $0 - Self.lookBack }, except: known)
            map.withLock { map in
                for traffic in changed {
                    map.routes[traffic.endpoint] = Route(traffic, after: map.routes[traffic.endpoint])
                    map.states[traffic.endpoint] = traffic.state
                }
                map.changes = max(map.changes, target)
            }
            return now
        }
    }

    private func warm() async {
        let routes = map.withLock { Array($0.routes.values) }
        let lanes = routes.flatMap(\.lanes)
        for lane in lanes where lane.percent > 0 {
            do { _ = try await lane.model(from: host) } catch { report(error) }
        }
        let mirrored = routes.compactMap { route in
            route.settings.mirror.map { ServedVersion(workspace: route.name.workspace, model: $0.model, number: $0.version) }
        }
        await host.keep(Set(lanes.map(\.version) + mirrored), at: wallClock.now())
    }
}

/// Lets one caller do the reading that several need.
private actor Refreshing {
    private var isRunning = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var lastRead: Timestamp?

    /// - Parameter isDone: Whether what the caller needs has been read meanwhile.
    func perform(unless isDone: @Sendable () -> Bool, _ read: @Sendable (Timestamp?) async throws -> Timestamp) async throws {
        while !isDone() {
            if isRunning {
                await withCheckedContinuation { waiting.append($0) }
                continue
            }
            isRunning = true
            defer {
                isRunning = false
                for continuation in waiting { continuation.resume() }
                waiting = []
            }
            lastRead = try await read(lastRead)
        }
    }
}
