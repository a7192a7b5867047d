// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Which share of an endpoint's requests each revision answers.
package struct TrafficSplit: Codable, Equatable, Sendable {
    package struct Share: Codable, Equatable, Sendable {
        package var revision: Int
        /// Whole per cents, 0…100.
        package var percent: Int

        package init(revision: Int, percent: Int) {
            self.revision = revision
            self.percent = percent
        }
    }

    /// Counts the splits of the endpoint, from 1.
    package let version: Int
    /// What is hashed together with an entity's key; it stays the same through a rollout, so that entities keep their revision.
    package let salt: String
    package let since: Timestamp
    /// Newest revision first; they sum to 100.
    package let shares: [Share]

    /// - Throws: `Problem` `.internal` unless each share is 0…100, all sum to 100 and no revision stands twice.
    package init(version: Int, salt: String, since: Timestamp, shares: [Share]) throws(Problem) {
        guard shares.allSatisfy({ (0...100).contains($0.percent) }), shares.reduce(0, { $0 + $1.percent }) == 100,
            Set(shares.map(\.revision)).count == shares.count
        else {
            throw Problem(
                .internal, "delivery.traffic.unbalanced", "The shares of a traffic split do not sum to 100.",
                why: shares.map { "\($0.revision): \($0.percent)" }.joined(separator: ", "))
        }
        self.version = version
        self.salt = salt
        self.since = since
        self.shares = shares.sorted { $0.revision > $1.revision }
    }

    package func percent(of revision: Int) -> Int {
        shares.first { $0.revision == revision }?.percent ?? 0
    }

    /// The revision that answers a request; raising the newest revision's share only adds buckets to it.
    ///
    /// - Parameter bucket: 0..<100, from a hash of `salt` and the entity's key, or drawn for each request.
    package func revision(forBucket bucket: Int) -> Int {
        precondition((0..<100).contains(bucket), "There are 100 buckets.")
        var end = 0
        for share in shares {
            end += share.percent
            if bucket < end { return share.revision }
        }
        preconditionFailure("The shares of a split sum to 100.")
    }
}

/// Where an endpoint's split stands, for those who keep a copy of it.
package struct SplitVersion: Codable, Hashable, Sendable {
    package var workspace: String
    package var endpoint: String
    package var version: Int
}
