// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Pipelines

/// `kind: release`: makes a revision of an endpoint and begins its rollout; the step ends when the release has begun.
///
/// `with`: `model`, `version`, `endpoint`, `report`, `approval`, optional `plan`.
struct ReleaseHandler: StepHandler {
    let releases: Releases
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let new = NewRelease(
            subject: try await ReleaseSubject(arguments), plan: try arguments.decoded("plan", as: RolloutPlan.self),
            gateReport: try await arguments.text("report"), approval: try await arguments.text("approval"))
        let release = try await releases.create(new, by: work.caller)
        return .done(["release": .value(.string(release.id))])
    }
}
