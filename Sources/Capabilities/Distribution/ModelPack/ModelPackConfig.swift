// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
package import Registry

/// What a ModelPack says of its model (`docs/config.md` of the specification, and its JSON schema).
package struct ModelPackConfig: Codable, Sendable, Equatable {
    package var descriptor: Descriptor
    package var config: Technical
    package var modelfs: Files

    package struct Descriptor: Codable, Sendable, Equatable {
        package var createdAt: String?
        package var name: String?
        package var version: String?
        package var description: String?
        package var revision: String?
    }

    package struct Technical: Codable, Sendable, Equatable {
        package var format: String?
    }

    package struct Files: Codable, Sendable, Equatable {
        package var type = "layers"
        package var diffIds: [String]
    }

    /// Names nobody: who made a version is told by the ledger, not to the world.
    package init(_ version: ModelVersion) {
        descriptor = Descriptor(
            createdAt: version.created.rfc3339, name: version.model, version: "\(version.number)", description: version.description,
            revision: version.codeCommit)
        config = Technical(format: Self.format(of: version.files.map(\.path)))
        modelfs = Files(diffIds: version.files.map(\.digest.description))
    }

    private static func format(of paths: [String]) -> String? {
        let formats = ["onnx": "onnx", "safetensors": "safetensors", "gguf": "gguf", "pt": "pt"]
        let found = Set(paths.compactMap { $0.split(separator: ".").last.flatMap { formats[String($0)] } })
        return found.count == 1 ? found.first : nil
    }
}
