// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Registry
package import Tracking

/// Registering versions of what runs and logged models left.
package struct RegistrationRoutes: RouteGroup {
    private let registry: ModelRegistry
    private let runs: RunTracking
    private let models: LoggedModelTracking

    package init(registry: ModelRegistry, runs: RunTracking, models: LoggedModelTracking) {
        self.registry = registry
        self.runs = runs
        self.models = models
    }

    package var routes: [Route] {
        [Route(.post, "/api/v1/models/{model}/versions", .permission(.registryWrite), handler: register)]
    }

    private func register(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let model = try context.parameter("model")
        let body = try await RequestBody.json(RegisterVersionRequest.self, of: request, &context)
        let (artifacts, run) = try await origin(of: body, by: context.caller)
        let new = NewVersion(
            artifacts: artifacts, runID: run, loggedModelID: body.loggedModel, snapshots: body.snapshots ?? [], codeCommit: body.codeCommit,
            environmentLock: body.environmentLock, featureService: body.featureService, source: artifacts?.text,
            description: body.description, tags: [Tag](body.tags))
        return try Answer.json(VersionAnswer(try await registry.registerVersion(of: model, new, by: context.caller)), status: .created)
    }

    /// Where the files are, and the run they came from.
    private func origin(of body: RegisterVersionRequest, by caller: Caller) async throws -> (ArtifactPath?, run: String?) {
        var location: ArtifactLocation?
        var run = body.run
        if let id = body.loggedModel {
            let model = try await models.get(id, by: caller)
            location = model.location
            run = run ?? model.run
        } else if let id = body.run {
            location = try await runs.get(id, by: caller).location
        }
        guard case .stored(let root) = location else {
            throw Problem(
                .invalid, "registry.version.origin", "There are no files to register.",
                why: "Neither a run nor a logged model whose artifacts are kept here was named.", fix: "Name one as 'run' or 'loggedModel'."
            )
        }
        return (try root.appending(try ArtifactPath(body.artifact ?? "")), run)
    }
}
