// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Where a version stands: nowhere yet, in an environment, or put away for good reasons.
package enum VersionEnvironment: String, Codable, CaseIterable, Sendable {
    case none, staging, production, archived

    /// Whether versions are used there.
    package var isInUse: Bool { self == .staging || self == .production }

    /// What may follow. An archived version is taken up again before it goes anywhere, so that no one uses it by a slip.
    package var successors: Set<VersionEnvironment> {
        switch self {
        case .none: [.staging, .production, .archived]
        case .staging: [.production, .none, .archived]
        case .production: [.staging, .none, .archived]
        case .archived: [.none]
        }
    }

    /// The fewest transitions that lead to `target`, without this one; empty when it is there already.
    package func path(to target: VersionEnvironment) -> [VersionEnvironment] {
        if self == target { return [] }
        return successors.contains(target) ? [target] : [.none, target]
    }

    /// - Throws: `Problem` `.conflict` when it is there already or may not go there.
    package func check(to target: VersionEnvironment, of resource: String) throws(Problem) {
        guard self != target else {
            throw Problem(.conflict, "registry.transition.same", "\(resource) is in '\(rawValue)' already.")
        }
        guard successors.contains(target) else {
            let names = successors.map(\.rawValue).sorted().joined(separator: ", ")
            throw Problem(
                .conflict, "registry.transition.not-allowed", "\(resource) cannot go from '\(rawValue)' to '\(target.rawValue)'.",
                why: "From '\(rawValue)' a version goes to \(names) only.", fix: "Move it to \(names) first.")
        }
    }
}

/// The values are what rows have always held.
extension VersionEnvironment: DatabaseConvertible {
    package var databaseValue: DatabaseValue { .text(rawValue.prefix(1).uppercased() + rawValue.dropFirst()) }

    package init?(_ value: DatabaseValue) {
        guard case .text(let text) = value else { return nil }
        self.init(rawValue: text.lowercased())
    }
}

/// One move of a version from an environment to another: who, when and why.
package struct VersionTransition: Codable, Equatable, Sendable {
    package static let maximumReasonLength = 2_000

    /// Sorts by time.
    package var id: String
    package var model: String
    package var number: Int64
    package var from: VersionEnvironment
    package var to: VersionEnvironment
    package var author: String
    package var time: Timestamp
    package var reason: String

    package static func check(reason: String) throws(Problem) {
        guard !reason.isEmpty, reason.utf8.count <= maximumReasonLength else {
            throw Problem(
                .invalid, "registry.transition.reason", "The reason has \(reason.utf8.count) bytes.",
                why: "1 to \(maximumReasonLength) are kept; they are what an auditor reads.", fix: "Say why in a sentence: --because ….")
        }
    }
}
