// SPDX-License-Identifier: Apache-2.0

package import Governance
package import HTTPServer
package import Registry
package import Tracking

/// MLflow's REST protocol over our use cases; which calls are answered is in this folder's README.
package struct MLflowRoutes: RouteGroup {
    private let groups: [any RouteGroup]

    package init(
        experiments: ExperimentTracking, runs: RunTracking, loggedModels: LoggedModelTracking, artifacts: ArtifactStore,
        registry: ModelRegistry, uploads: ArtifactUploads, links: SignedLinks, scheme: String, traces: TraceTracking, webhooks: Webhooks,
        evaluationDatasets: EvaluationDatasetTracking, identity: Identity
    ) {
        let files = ArtifactFiles(artifacts: artifacts, registry: registry)
        let addresses = LinkAddresses(links: links, scheme: scheme)
        groups = [
            ExperimentRoutes(experiments: experiments), RunRoutes(runs: runs), RunDataRoutes(runs: runs),
            LoggedModelRoutes(models: loggedModels, artifacts: artifacts),
            ArtifactRoutes(artifacts: artifacts, runs: runs, files: files),
            ArtifactUploadRoutes(uploads: uploads, addresses: addresses),
            ArtifactLinkRoutes(
                artifacts: artifacts, uploads: uploads, runs: runs, models: loggedModels, files: files, addresses: addresses),
            ArtifactPageRoutes(artifacts: artifacts, runs: runs, models: loggedModels, files: files),
            RegisteredModelRoutes(registry: registry),
            ModelVersionRoutes(registry: registry, source: ModelSource(runs: runs, models: loggedModels, registry: registry)),
            MLflowWebhookRoutes(webhooks: webhooks),
            MLflowServerRoutes(), UserRoutes(identity: identity),
            TraceRoutes(traces: traces), TraceMetricRoutes(traces: traces), TraceV2Routes(traces: traces), AssessmentRoutes(traces: traces),
            SpanExportRoutes(traces: traces),
            EvaluationDatasetRoutes(datasets: evaluationDatasets), EvaluationRecordRoutes(datasets: evaluationDatasets),
        ]
    }

    package var routes: [Route] { groups.flatMap(\.routes) }
}
