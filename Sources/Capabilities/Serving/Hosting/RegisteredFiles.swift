// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
package import Registry

/// Files of versions as the model registry has them.
package struct RegisteredFiles: VersionFiles {
    private let registry: ModelRegistry

    package init(registry: ModelRegistry) {
        self.registry = registry
    }

    package func files(of version: ServedVersion) async throws -> [ServedFile] {
        let registered = try await registry.version(
            version.model, .number(Int64(version.number)), by: .controller("serving", in: version.workspace))
        return registered.files.map { ServedFile(path: $0.path, digest: $0.digest, size: $0.size) }
    }
}
