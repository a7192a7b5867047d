// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What is declared of an endpoint. Which revision answers on it comes from releases, which are decisions.
package struct EndpointSpecification: Equatable, Sendable {
    package var name: String
    /// The environment whose rules hold for its releases.
    package var environment: String
    /// The only model that may be released to it; any when left out.
    package var model: String?
    package var owner: String?
    package var description: String?
    /// The plan of a release that brings none; before the environment's.
    package var rollout: RolloutPlan?

    package init(
        name: String, environment: String, model: String? = nil, owner: String? = nil, description: String? = nil,
        rollout: RolloutPlan? = nil
    ) {
        self.name = name
        self.environment = environment
        self.model = model
        self.owner = owner
        self.description = description
        self.rollout = rollout
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "endpoint")
        try ResourceName.check(environment, of: "environment")
        try rollout?.validate()
    }
}

extension EndpointSpecification: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, environment, model, owner, description, rollout }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        environment = try container.decode(String.self, forKey: .environment)
        model = try container.decodeIfPresent(String.self, forKey: .model)
        owner = try container.decodeIfPresent(String.self, forKey: .owner)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        rollout = try container.decodeIfPresent(RolloutPlan.self, forKey: .rollout)
    }
}
