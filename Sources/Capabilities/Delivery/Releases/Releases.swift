// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance

/// Puts approved model versions into endpoints.
package struct Releases: Sendable {
    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Makes a revision and begins its rollout. The first release of an endpoint takes all traffic at once; later ones follow their plan.
    ///
    /// - Throws: `Problem` `.rejected` unless the gate report passed and the approval approved exactly this; `.conflict` when the endpoint
    ///   has an unfinished rollout that is not named as superseded, already answers with this version, or the approval was used.
    package func create(_ new: NewRelease, by caller: Caller) async throws -> Release {
        try ResourceName.check(new.subject.endpoint, of: "endpoint")
        try new.plan?.validate()
        let versions = versions
        let lock = "delivery/\(caller.workspace)/\(new.subject.endpoint)"
        return try await governor.change(.releaseCreate, by: caller, locking: lock) { change in
            try ReleaseStart(change: change, versions: versions).start(new)
        }
    }

    package func release(_ id: String, by caller: Caller) async throws -> Release {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try ReleaseTable(transaction: transaction, workspace: caller.workspace).require(id)
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last release already seen.
    package func releases(endpoint: String? = nil, after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Release] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try ReleaseTable(transaction: transaction, workspace: caller.workspace).list(endpoint: endpoint, after: after, limit: limit)
        }
    }

    /// The endpoint's revisions, newest first.
    package func revisions(_ endpoint: String, limit: Int = 100, by caller: Caller) async throws -> [Revision] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try RevisionTable(transaction: transaction, workspace: caller.workspace).revisions(endpoint, limit: limit)
        }
    }

    /// - Throws: `Problem` `.notFound` for an endpoint without a release.
    package func traffic(_ endpoint: String, by caller: Caller) async throws -> TrafficSplit {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            guard let split = try TrafficSplits(transaction: transaction).current(endpoint, in: caller.workspace) else {
                throw Problem(.notFound, "delivery.traffic.unknown", "Endpoint '\(endpoint.printable)' has had no release.")
            }
            return split
        }
    }
}
