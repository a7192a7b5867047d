// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Pipelines
import Registry

/// The registry as the worker sees it.
struct RegistryDirectory: ModelDirectory {
    let registry: ModelRegistry

    func version(of model: String, alias: String, in workspace: String) async throws -> (version: Int, files: [String: BlobDigest])? {
        do {
            let version = try await registry.version(model, .alias(alias), by: .controller("worker", in: workspace))
            return (Int(version.number), Dictionary(version.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first }))
        } catch let problem as Problem where problem.kind == .notFound {
            return nil
        }
    }
}
