// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// What an environment asks of every release into it.
package struct EnvironmentSpecification: Equatable, Sendable {
    package static let maximumFreezes = 50
    package static let maximumText = 500
    package static let maximumJurisdictions = 50

    package var name: String
    package var description: String?
    /// Where it runs, for people and residency rules.
    package var region: String?
    /// Whose data may be served here, as snapshots name where they live; nil for any.
    package var jurisdictions: [String]?
    package var approval: ReleaseConsent?
    package var freezes: [FreezeWindow]
    /// The plan of a release that brings none, unless its endpoint has one.
    package var rollout: RolloutPlan?

    package init(
        name: String, description: String? = nil, region: String? = nil, jurisdictions: [String]? = nil, approval: ReleaseConsent? = nil,
        freezes: [FreezeWindow] = [],
        rollout: RolloutPlan? = nil
    ) {
        self.name = name
        self.description = description
        self.region = region
        self.jurisdictions = jurisdictions
        self.approval = approval
        self.freezes = freezes
        self.rollout = rollout
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "environment")
        guard freezes.count <= Self.maximumFreezes, Set(freezes.map(\.name)).count == freezes.count else {
            throw Problem(
                .invalid, "delivery.environment.freezes",
                "Environment '\(name)' has at most \(Self.maximumFreezes) freeze windows, each with a name of its own.")
        }
        if let jurisdictions {
            for jurisdiction in jurisdictions { try ResourceName.check(jurisdiction, of: "jurisdiction") }
            guard (1...Self.maximumJurisdictions).contains(jurisdictions.count) else {
                throw Problem(
                    .invalid, "delivery.environment.jurisdictions",
                    "Environment '\(name)' names 1 to \(Self.maximumJurisdictions) jurisdictions, or leaves them out.")
            }
        }
        for freeze in freezes { try freeze.validate() }
        try approval?.validate()
        try rollout?.validate()
    }
}

extension EnvironmentSpecification: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, description, region, jurisdictions, approval, freezes, rollout }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        region = try container.decodeIfPresent(String.self, forKey: .region)
        jurisdictions = try container.decodeIfPresent([String].self, forKey: .jurisdictions)
        approval = try container.decodeIfPresent(ReleaseConsent.self, forKey: .approval)
        freezes = try container.decodeIfPresent([FreezeWindow].self, forKey: .freezes) ?? []
        rollout = try container.decodeIfPresent(RolloutPlan.self, forKey: .rollout)
    }
}

/// Whose yes a release into an environment needs at least, whatever the approval itself asked for.
package struct ReleaseConsent: Equatable, Sendable {
    package var approvers: [String]
    package var roles: [Role]
    package var count: Int

    package init(approvers: [String] = [], roles: [Role] = [], count: Int = 1) {
        self.approvers = approvers
        self.roles = roles
        self.count = count
    }

    private var rule: ApprovalRule { ApprovalRule(approvers: approvers, roles: roles, count: count) }

    package func validate() throws(Problem) { try rule.validate() }

    /// - Parameter roles: Those that the user of a qualified name holds now.
    func isGiven(by decisions: [ApprovalDecision], roles: (String) throws -> Set<Role>) rethrows -> Bool {
        try decisions.count { decision in
            guard decision.decision == .approve, decision.principal.hasPrefix("user:") else { return false }
            return rule.names(String(decision.principal.dropFirst("user:".count)), holding: try roles(decision.principal))
        } >= count
    }
}

extension ReleaseConsent: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case approvers, roles, count }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        approvers = try container.decodeIfPresent([String].self, forKey: .approvers) ?? []
        roles = try container.decodeIfPresent([Role].self, forKey: .roles) ?? []
        count = try container.decodeIfPresent(Int.self, forKey: .count) ?? 1
    }
}
