// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// Who must say yes, and for how long the question stands.
package struct ApprovalRule: Codable, Equatable, Sendable {
    package static let standardLifetime = Duration.seconds(7 * 24 * 3600)
    package static let maximumLifetimeSeconds: Int64 = 90 * 24 * 3600
    package static let maximumCount = 10
    package static let maximumNames = 50
    package static let leastReminderSeconds: Int64 = 60

    /// Users that may decide; with `roles`, either is enough.
    package var approvers: [String]
    /// Roles that may decide. With neither names nor roles, everyone with the permission `approval.decide`, which is always needed.
    package var roles: [Role]
    /// How many different people must say yes; one no is a no.
    package var count: Int
    /// For deciding and for releasing together.
    package var lifetimeSeconds: Int64
    /// After this long without a decision an event reminds, and again each time; nil for never.
    package var remindAfterSeconds: Int64?

    package init(
        approvers: [String] = [], roles: [Role] = [], count: Int = 1, lifetime: Duration = standardLifetime,
        remindAfterSeconds: Int64? = nil
    ) {
        self.approvers = approvers
        self.roles = roles
        self.count = count
        lifetimeSeconds = lifetime.components.seconds
        self.remindAfterSeconds = remindAfterSeconds
    }

    package func validate() throws(Problem) {
        guard lifetimeSeconds > 0, lifetimeSeconds <= Self.maximumLifetimeSeconds else {
            throw Problem(.invalid, "delivery.approval.lifetime", "An approval lives for at most 90 days.")
        }
        guard (1...Self.maximumCount).contains(count) else { throw malformed("1 to \(Self.maximumCount) people decide.") }
        guard approvers.count <= Self.maximumNames, Set(approvers).count == approvers.count, Set(roles).count == roles.count else {
            throw malformed("It names at most \(Self.maximumNames) approvers, and each name and role once.")
        }
        for name in approvers { try ResourceName.check(name, of: "principal") }
        guard roles.allSatisfy({ $0.permissions.contains(.approvalDecide) }) else {
            let able = Role.allCases.filter { $0.permissions.contains(.approvalDecide) }.map(\.rawValue).joined(separator: ", ")
            throw malformed("Roles that may decide: \(able).")
        }
        guard roles.isEmpty, !approvers.isEmpty else { return try checkReminder() }
        guard approvers.count >= count else { throw malformed("\(count) must say yes, but \(approvers.count) are named.") }
        try checkReminder()
    }

    /// Whether who bears this name and holds these roles is asked.
    func names(_ name: String, holding held: Set<Role>) -> Bool {
        approvers.isEmpty && roles.isEmpty || approvers.contains(name) || !held.isDisjoint(with: roles)
    }

    private func checkReminder() throws(Problem) {
        guard remindAfterSeconds.map({ $0 >= Self.leastReminderSeconds && $0 < lifetimeSeconds }) ?? true else {
            throw malformed("A reminder comes after \(Self.leastReminderSeconds) seconds or later, and before the approval expires.")
        }
    }

    private func malformed(_ why: String) -> Problem {
        Problem(.invalid, "delivery.approval.rule", "The approval cannot be asked for like this.", why: why)
    }
}
