// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `GET /api/v1/environments/{environment}`
package struct EnvironmentAnswer: Codable, Sendable {
    package var name: String
    /// As in a document of kind Environment.
    package var specification: JSONValue
    package var endpoints: [String]
    /// Ids of unfinished rollouts.
    package var rollouts: [String]
    /// Why nothing may be released now; absent when it may.
    package var frozen: String?
    /// Who froze it by hand.
    package var frozenBy: String?
    package var frozenSince: Int64?
    package var changed: Int64

    package init(
        name: String, specification: JSONValue, endpoints: [String], rollouts: [String], frozen: String?, frozenBy: String?,
        frozenSince: Int64?, changed: Int64
    ) {
        self.name = name
        self.specification = specification
        self.endpoints = endpoints
        self.rollouts = rollouts
        self.frozen = frozen
        self.frozenBy = frozenBy
        self.frozenSince = frozenSince
        self.changed = changed
    }
}

/// `POST /api/v1/environments/{environment}/freeze` and `unfreeze`
package struct EnvironmentReasonRequest: Codable, Sendable {
    /// 1 to 2000 bytes.
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
