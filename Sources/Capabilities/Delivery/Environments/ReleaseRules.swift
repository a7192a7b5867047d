// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// What is declared about releases to one endpoint, read in the transaction of whoever asks. An endpoint that is not declared has no rules.
struct ReleaseRules {
    let endpoint: EndpointSpecification?
    let environment: ReleaseEnvironment?

    init(of endpoint: String, in workspace: String, _ transaction: any Transaction) throws {
        self.endpoint = try DeclaredEndpointTable(transaction: transaction, workspace: workspace).find(endpoint)
        environment = try self.endpoint.flatMap {
            try EnvironmentTable(transaction: transaction, workspace: workspace).find($0.environment)
        }
    }

    /// Why the endpoint's traffic may not be moved to a candidate at a moment; nil when it may. Giving traffic back is always allowed.
    func frozen(at time: Timestamp) -> String? { environment?.frozen(at: time) }

    /// The plan of a release that brings none.
    var plan: RolloutPlan { endpoint?.rollout ?? environment?.specification.rollout ?? RolloutPlan() }

    func requireThawed(at time: Timestamp) throws(Problem) {
        guard let why = frozen(at: time) else { return }
        throw Self.refusal(why, environment?.name ?? "")
    }

    static func refusal(_ why: String, _ environment: String) -> Problem {
        Problem(
            .rejected, "delivery.environment.frozen", "Nothing is released into environment '\(environment)' now.", why: why,
            fix: "Wait, or ask who froze it: dhow environment show \(environment).")
    }

    func requireModel(of subject: ReleaseSubject) throws(Problem) {
        guard let model = endpoint?.model, model != subject.model else { return }
        throw Problem(
            .rejected, "delivery.endpoint.other-model", "Endpoint '\(subject.endpoint)' takes versions of model '\(model)' only.",
            why: "Its document says so.", fix: "Release to another endpoint, or change the document.")
    }

    /// Data that lives elsewhere, or of which nobody says where, is not served here.
    func requireResidency(of subject: ReleaseSubject, _ versions: VersionDirectory, in change: Change) throws {
        guard let environment, let allowed = environment.specification.jurisdictions else { return }
        let data = try versions.jurisdictions(of: subject.model, subject.version, change.workspace, change.transaction)
        func refusal(_ why: String) -> Problem {
            Problem(
                .rejected, "delivery.environment.residency",
                "Version \(subject.version) of model '\(subject.model)' is not released into environment '\(environment.name)'.", why: why,
                fix:
                    "Release it where its data may be served, or ask who declares the environment: dhow environment show \(environment.name)."
            )
        }
        let rule =
            "The environment serves data of \(allowed.joined(separator: ", "))"
            + (environment.specification.region.map { " in region \($0)" } ?? "") + "."
        guard !data.isEmpty else { throw refusal("\(rule) It is not known what data the version was made of.") }
        for (snapshot, jurisdiction) in data where !(jurisdiction.map { allowed.contains($0) } ?? false) {
            throw refusal("\(rule) Snapshot \(snapshot) " + (jurisdiction.map { "is of \($0)." } ?? "states no jurisdiction."))
        }
    }

    func requireConsent(_ approval: Approval, in change: Change) throws {
        guard let environment, let consent = environment.specification.approval else { return }
        let isGiven = try consent.isGiven(by: approval.decisions) { principal in
            try Approvals.roles(of: String(principal.dropFirst("user:".count)), in: change)
        }
        guard isGiven else {
            let asked = consent.approvers.map { "'\($0)'" } + consent.roles.map { "role '\($0.rawValue)'" }
            throw Problem(
                .rejected, "delivery.environment.consent",
                "Environment '\(environment.name)' asks for more than approval \(approval.id) has.",
                why: "\(consent.count) must say yes" + (asked.isEmpty ? "." : " of \(asked.joined(separator: ", "))."),
                fix: "Ask for an approval by them.")
        }
    }
}
