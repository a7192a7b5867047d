// SPDX-License-Identifier: Apache-2.0

package import Governance

/// What a trigger does instead of starting its pipeline, or before it does.
package struct TriggerAction: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// Gives the traffic of the endpoint's newest rollout back.
        case rollBack = "roll-back"
        /// Freezes an environment.
        case freeze
        /// Only says that it happened: `trigger.notified`, for webhooks.
        case notify
        /// Opens an incident that a person closes; another trigger may hear how.
        case ask
        /// Rolls back what began inside a rollout, else starts the pipeline, and waits longer each time a challenger was refused.
        case respond

        /// Whether it needs a pipeline.
        package var mayStart: Bool { self == .respond }

        /// What whoever applies the trigger must be allowed to do, with what a plan needs.
        var permission: (writing: Permission, reading: Permission)? {
            switch self {
            case .rollBack, .freeze, .respond: (.rolloutControl, .deliveryRead)
            case .ask: (.monitorWrite, .monitoringRead)
            case .notify: nil
            }
        }
    }

    package var kind: Kind
    /// Of `roll-back`, `ask` and `respond`; nil takes the one that the event names.
    package var endpoint: String?
    /// Of `freeze`.
    package var environment: String?
    /// Why, for people.
    package var message: String?

    package init(
        _ kind: Kind, endpoint: String? = nil, environment: String? = nil, message: String? = nil
    ) {
        self.kind = kind
        self.endpoint = endpoint
        self.environment = environment
        self.message = message
    }

    /// What is missing or too much; nil when nothing is.
    func fault(pipeline: String) -> String? {
        if kind.mayStart == pipeline.isEmpty {
            return kind.mayStart
                ? "'\(kind.rawValue)' needs a 'pipeline'."
                : "'\(kind.rawValue)' starts no pipeline, so none can be named."
        }
        if (kind == .freeze) == (environment == nil) {
            return kind == .freeze
                ? "'freeze' needs an 'environment'." : "'environment' is of 'freeze' alone."
        }
        guard (message?.utf8.count ?? 1) <= 1000, message?.isEmpty != true else {
            return "'message' has 1 to 1000 bytes."
        }
        return nil
    }
}

/// What came of an action.
package enum TriggerAct: Sendable, Equatable {
    /// On this resource.
    case acted(String)
    /// The pipeline is to be started.
    case start
    case declined(String)
}

/// Carries actions out, in the transaction of the event that caused them.
package typealias TriggerPerformer =
    @Sendable (TriggerAction, Trigger, LedgerEntry, Change) throws -> TriggerAct
