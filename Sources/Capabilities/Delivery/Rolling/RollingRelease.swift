// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One version released to several endpoints, wave after wave: the next wave begins when every rollout of the one before was promoted and
/// has stood for a while.
package struct RollingRelease: Codable, Equatable, Sendable {
    package static let maximumWaves = 20
    package static let maximumEndpoints = 200

    package enum State: String, Codable, CaseIterable, Sendable {
        case running, stopped, completed
    }

    package struct Target: Codable, Equatable, Sendable {
        package var endpoint: String
        package var approval: String
        /// Once its wave has begun.
        package var rollout: String?

        package init(endpoint: String, approval: String, rollout: String? = nil) {
            self.endpoint = endpoint
            self.approval = approval
            self.rollout = rollout
        }
    }

    package var id: String
    package var model: String
    package var version: Int
    package var gateReport: String
    package var waves: [[Target]]
    /// The plan of each release; nil for what each endpoint has.
    package var plan: RolloutPlan?
    package var bakeSeconds: Int
    package var state: State
    /// How many waves have begun.
    package var begun: Int
    /// Since when every rollout of the last begun wave is promoted.
    package var promotedSince: Timestamp?
    package var reason: String?
    package var startedBy: String
    package var started: Timestamp
    package var finished: Timestamp?

    package func validate() throws(Problem) {
        let endpoints = waves.flatMap { $0.map(\.endpoint) }
        guard (1...Self.maximumWaves).contains(waves.count), waves.allSatisfy({ !$0.isEmpty }), endpoints.count <= Self.maximumEndpoints,
            Set(endpoints).count == endpoints.count
        else {
            throw Problem(
                .invalid, "delivery.rolling.waves",
                "There are 1 to \(Self.maximumWaves) waves, with \(Self.maximumEndpoints) endpoints at most, each named once.")
        }
        for endpoint in endpoints { try ResourceName.check(endpoint, of: "endpoint") }
        guard (0...30 * 24 * 3600).contains(bakeSeconds) else {
            throw Problem(.invalid, "delivery.rolling.bake", "'bakeSeconds' is 0 seconds to 30 days.")
        }
        try plan?.validate()
    }

    /// What a look at the rollouts asks for; pure.
    ///
    /// - Parameter phases: Of the rollouts that have begun, by endpoint.
    package func next(_ phases: [String: RolloutState.Phase], at now: Timestamp) -> RollingDecision {
        guard state == .running else { return .wait("It is \(state.rawValue).") }
        let ended = waves.prefix(begun).joined().first { target in
            phases[target.endpoint].map { [.rolledBack, .aborted, .superseded].contains($0) } ?? true
        }
        if let ended {
            return .stop(because: "The rollout of endpoint '\(ended.endpoint)' is \(phases[ended.endpoint]?.rawValue ?? "gone").")
        }
        guard begun > 0 else { return .begin(wave: 0) }
        if let open = waves[begun - 1].first(where: { phases[$0.endpoint] != .promoted }) {
            return .wait("The rollout of endpoint '\(open.endpoint)' is \(phases[open.endpoint]?.rawValue ?? "gone").")
        }
        guard let promotedSince else { return .noteWave }
        let until = promotedSince + .seconds(bakeSeconds)
        guard now >= until else { return .wait("Wave \(begun) has to stand for \(bakeSeconds) seconds.") }
        return begun < waves.count ? .begin(wave: begun) : .complete
    }
}

/// What is to be done about a rolling release.
package enum RollingDecision: Equatable, Sendable {
    case wait(String)
    case begin(wave: Int)
    /// Every rollout of the wave is promoted; its standing time begins.
    case noteWave
    case stop(because: String)
    case complete
}
