// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// What models that do not lie in this process are reached through, as far as this process has it.
package struct Elsewhere: Sendable {
    private let servers: ModelServers?
    private let egress: (any EgressClient)?
    /// Time since any moment, for circuit breakers.
    let now: @Sendable () -> Duration

    package init(
        servers: ModelServers? = nil, egress: (any EgressClient)? = nil,
        now: @escaping @Sendable () -> Duration = Self.elapsed(since: .now)
    ) {
        self.servers = servers
        self.egress = egress
        self.now = now
    }

    package static func elapsed(since start: ContinuousClock.Instant) -> @Sendable () -> Duration {
        { start.duration(to: .now) }
    }

    /// - Throws: `Problem` `.unavailable` when no server can be started for a model.
    func requireServers() throws(Problem) -> ModelServers {
        if let servers { return servers }
        throw Problem(
            .unavailable, "serving.server.missing", "The model needs a server of its own, and none can be started here.",
            why: "MLflow's program was not found, or servers of models are turned off.",
            fix: "Install MLflow where the server finds it (PATH), or name a command with --model-server.")
    }

    /// - Throws: `Problem` `.unavailable` when nothing may be sent elsewhere.
    func requireEgress() throws(Problem) -> any EgressClient {
        if let egress { return egress }
        throw Problem(.unavailable, "serving.remote.off", "The model answers elsewhere, and this process sends nothing there.")
    }
}
