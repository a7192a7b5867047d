// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain

/// Names everything that can change what a command step makes: two attempts with the same key would do the same.
///
/// SHA-256 of a list of texts, each as its length in bytes (8 bytes, big endian) and its UTF-8 bytes, so that no two lists look alike:
/// `dhow-step-key/1`, the pipeline's `apiVersion`; then for each of the groups below its name, its number of entries and the entries,
/// those of mappings sorted by the bytes of their keys:
///
/// | group | entries |
/// |---|---|
/// | `command` | program and arguments |
/// | `environment` | variable, value: all but the paths that `CommandContract` adds |
/// | `inputs` | name, digest |
/// | `source` | path, digest |
/// | `outputs` | name, path |
///
/// Not in the key: the step's name, retries and limits, and the machine. What a program reads beyond this (the network, installed
/// packages) is the user's to declare, in the environment or as source (a lock file).
package struct StepKey: Sendable, Codable, Equatable {
    package static let format = "dhow-step-key/1"

    package var command: [String]
    /// With `DHOW_PARAMETER_…`, without `DHOW_INPUT_…` and `DHOW_OUTPUT_…`.
    package var environment: [String: String]
    package var inputs: [String: BlobDigest]
    package var source: [String: BlobDigest]
    package var outputs: [String: String]

    package init(
        command: [String], environment: [String: String] = [:], inputs: [String: BlobDigest] = [:], source: [String: BlobDigest] = [:],
        outputs: [String: String] = [:]
    ) {
        self.command = command
        self.environment = environment
        self.inputs = inputs
        self.source = source
        self.outputs = outputs
    }

    package var digest: BlobDigest {
        var hasher = SHA256()
        Self.add(Self.format, to: &hasher)
        Self.add(PipelineSpecification.apiVersion, to: &hasher)
        Self.add("command", to: &hasher)
        Self.add(String(command.count), to: &hasher)
        for argument in command { Self.add(argument, to: &hasher) }
        Self.add("environment", environment, to: &hasher)
        Self.add("inputs", inputs.mapValues(\.description), to: &hasher)
        Self.add("source", source.mapValues(\.description), to: &hasher)
        Self.add("outputs", outputs, to: &hasher)
        return BlobDigest(sha256: hasher.finalize())
    }

    /// The digest of a folder as an input or output: of its files' paths and digests, laid out as a group `tree` of the key.
    package static func digest(ofTree files: [String: BlobDigest]) -> BlobDigest {
        var hasher = SHA256()
        add("dhow-tree/1", to: &hasher)
        add("tree", files.mapValues(\.description), to: &hasher)
        return BlobDigest(sha256: hasher.finalize())
    }

    private static func add(_ group: String, _ members: [String: String], to hasher: inout SHA256) {
        add(group, to: &hasher)
        add(String(members.count), to: &hasher)
        for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            add(name, to: &hasher)
            add(value, to: &hasher)
        }
    }

    private static func add(_ text: String, to hasher: inout SHA256) {
        let bytes = Array(text.utf8)
        hasher.update(data: (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (56 - 8 * $0)) })
        hasher.update(data: bytes)
    }
}
