// SPDX-License-Identifier: Apache-2.0

package import Domain

/// An endpoint's full name.
package struct EndpointName: Hashable, Sendable {
    package var workspace: String
    package var name: String

    package init(workspace: String, name: String) {
        self.workspace = workspace
        self.name = name
    }
}

/// Which revisions of an endpoint answer, and with which share.
package struct EndpointTraffic: Sendable {
    package struct Share: Sendable {
        package var revision: Int
        package var version: ServedVersion
        /// Whole per cents.
        package var percent: Int

        package init(revision: Int, version: ServedVersion, percent: Int) {
            self.revision = revision
            self.version = version
            self.percent = percent
        }
    }

    package var endpoint: EndpointName
    /// Counts the endpoint's splits.
    package var version: Int
    package var salt: String
    /// Newest revision first; they sum to 100.
    package var shares: [Share]
    /// The revision on trial while a rollout runs.
    package var candidate: Int?
    package var settings: EndpointSettings
    /// Counts the changes of the settings.
    package var settingsVersion: Int

    package init(
        endpoint: EndpointName, version: Int, salt: String, shares: [Share], candidate: Int?, settings: EndpointSettings = .init(),
        settingsVersion: Int = 0
    ) {
        self.endpoint = endpoint
        self.version = version
        self.salt = salt
        self.shares = shares
        self.candidate = candidate
        self.settings = settings
        self.settingsVersion = settingsVersion
    }

    package var state: RouteState { RouteState(split: version, settings: settingsVersion) }
}

/// Of which split and which settings a route is.
package struct RouteState: Hashable, Sendable {
    package var split: Int
    package var settings: Int

    package init(split: Int, settings: Int = 0) {
        self.split = split
        self.settings = settings
    }
}

/// Where the router learns of traffic. Implementation: `DeliveredTraffic`.
package protocol TrafficSource: Sendable {
    /// Traffic of the endpoints whose split or settings are others than in `known`; all from one snapshot, in which every change that had
    /// committed before the call is seen.
    ///
    /// - Parameter time: Only splits and settings that changed at or after this moment need be looked at; all of them when nil.
    func traffic(changedSince time: Timestamp?, except known: [EndpointName: RouteState]) async throws -> [EndpointTraffic]
}
