// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation
import Governance
package import Registry
import Tracking

/// A model version as an OCI artifact: the CNCF ModelPack specification (github.com/modelpack/model-spec, 0.0.7).
///
/// Each file is a layer of its own, neither archived nor compressed, so that a layer's digest is the file's and unchanged files are never
/// sent twice. The same version is always the same manifest.
package enum ModelPack {
    package static let artifactType = "application/vnd.cncf.model.manifest.v1+json"
    package static let configType = "application/vnd.cncf.model.config.v1+json"
    package static let pathKey = "org.cncf.model.filepath"
    static let metadataKey = "org.cncf.model.file.metadata+json"
    /// What clients that know nothing of models name the file by.
    static let titleKey = "org.opencontainers.image.title"
    private static let layerPrefix = "application/vnd.cncf.model."
    /// Of the specification's time before it was the CNCF's.
    private static let formerPrefix = "application/vnd.cnai.model."
    private static let formerPathKey = "org.cnai.model.filepath"

    /// What a file is to a model.
    enum Part: String {
        case weight
        case configuration = "weight.config"
        case documentation = "doc"
        case code

        init(of path: String) {
            let name = (path.split(separator: "/").last.map(String.init) ?? path).lowercased()
            let ending = name.split(separator: ".").last.map(String.init) ?? ""
            if name.hasPrefix("readme") || name.hasPrefix("license") || name.hasPrefix("notice") || ["md", "rst", "pdf"].contains(ending) {
                self = .documentation
            } else if ["py", "ipynb", "sh", "r"].contains(ending) {
                self = .code
            } else if Self.configurations.contains(name) || ["yaml", "yml", "toml"].contains(ending) {
                self = .configuration
            } else {
                self = .weight
            }
        }

        private static let configurations: Set<String> = [
            "mlmodel", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
            "vocab.json", "merges.txt", "requirements.txt", "input_example.json", "serving_input_example.json", "params.json",
        ]
    }

    /// The manifest of a version, with its config; its layers are the version's files.
    package static func pack(_ version: ModelVersion) throws -> (manifest: OCIDocument, config: OCIDocument) {
        let config = try OCIDocument(of: ModelPackConfig(version))
        let layers = try version.files.map { file in
            OCIDescriptor(
                "\(layerPrefix)\(Part(of: file.path).rawValue).v1.raw", file.digest, size: file.size,
                annotations: [
                    pathKey: file.path, titleKey: file.path, metadataKey: try metadata(of: file, in: version).compactText(),
                ])
        }
        let manifest = OCIManifest(
            artifactType: artifactType, config: OCIDescriptor(configType, config.digest, size: config.size), layers: layers,
            annotations: [
                "org.opencontainers.image.created": version.created.rfc3339, "org.opencontainers.image.version": "\(version.number)",
                titleKey: version.model,
            ])
        return (try OCIDocument(of: manifest), config)
    }

    /// The files of an artifact: of a ModelPack, or of any other whose layers are files with names.
    ///
    /// - Throws: `Problem` `.rejected` for an index, packed layers, and names that are none or are there twice.
    package static func files(of manifest: OCIManifest) throws(Problem) -> [VersionFile] {
        guard !manifest.layers.isEmpty else {
            throw Problem(.rejected, "oci.artifact.empty", "The artifact has no files.")
        }
        guard manifest.layers.count <= ArtifactStore.maximumFiles else {
            throw Problem(
                .rejected, "oci.artifact.too-many-files", "The artifact has \(manifest.layers.count) files.",
                why: "At most \(ArtifactStore.maximumFiles) are taken.")
        }
        var files: [VersionFile] = []
        for layer in manifest.layers {
            try check(layer)
            let names = layer.annotations ?? [:]
            guard let path = names[pathKey] ?? names[formerPathKey] ?? names[titleKey], !path.isEmpty else {
                throw Problem(
                    .rejected, "oci.layer.unnamed", "Layer \(layer.digest.printable) says not which file it is.",
                    why: "It has neither the annotation \(pathKey) nor \(titleKey).")
            }
            guard layer.size <= ArtifactStore.maximumBytes else {
                throw Problem(
                    .rejected, "oci.layer.too-large", "'\(path.printable)' has \(layer.size) bytes.",
                    why: "At most \(ArtifactStore.maximumBytes) are taken.")
            }
            files.append(VersionFile(path: try ArtifactPath(path).text, digest: try layer.blobDigest(), size: layer.size))
        }
        guard Set(files.map(\.path)).count == files.count else {
            throw Problem(.rejected, "oci.layer.twice", "Two layers of the artifact have one name.")
        }
        return files.sorted { $0.path < $1.path }
    }

    static func isModel(_ manifest: OCIManifest) -> Bool {
        manifest.config.mediaType == configType || manifest.config.mediaType.hasPrefix("\(formerPrefix)config.")
    }

    private static func check(_ layer: OCIDescriptor) throws(Problem) {
        let type = layer.mediaType
        // ORAS says this of every file, and marks what it has packed.
        if type == "application/vnd.oci.image.layer.v1.tar", layer.annotations?[titleKey] != nil,
            layer.annotations?["io.deis.oras.content.unpack"] != "true"
        {
            return
        }
        let isArchive = type.hasSuffix(".tar") || type.contains(".tar+") || type.contains(".tar.") || type.hasSuffix("+gzip")
        guard !isArchive else {
            throw Problem(
                .rejected, "oci.layer.packed", "Layer \(layer.digest.printable) is an archive (\(type.printable)).",
                why: "Files are taken as they are: nothing is unpacked here.", fix: "Push the model with a layer for each file ('.raw').")
        }
    }

    private static func metadata(of file: VersionFile, in version: ModelVersion) throws -> JSONValue {
        [
            "name": .string(file.path.split(separator: "/").last.map(String.init) ?? file.path), "mode": 0o644, "uid": 0, "gid": 0,
            "size": .integer(file.size), "mtime": .string(version.created.rfc3339), "typeflag": 48,
        ]
    }
}
