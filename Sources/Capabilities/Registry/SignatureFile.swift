// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Yams

/// Reads a model's signature from its file `MLmodel`, which is YAML with JSON texts in it.
struct SignatureFile {
    static let name = "MLmodel"
    /// A larger file is left unread.
    static let maximumBytes: Int64 = 1 << 20

    let blobs: any BlobStore

    /// The signature that the version's files state; nil when there is none to read.
    ///
    /// - Throws: Only when the blob cannot be read; what is in the file is the user's, and no reason to refuse a version.
    func signature(in files: [VersionFile]) async throws -> JSONValue? {
        guard let file = files.first(where: { $0.path == Self.name }), file.size <= Self.maximumBytes else { return nil }
        var bytes: [UInt8] = []
        for try await chunk in try await blobs.get(file.digest, range: nil).bytes { bytes += chunk }
        return Self.signature(in: String(decoding: bytes, as: UTF8.self))
    }

    /// The members `inputs`, `outputs` and `params` of `signature`; each is a JSON text.
    ///
    /// Only the nodes on the way there are looked at, so aliases that would expand without end are never expanded.
    static func signature(in text: String) -> JSONValue? {
        guard let root = try? Yams.compose(yaml: text), let signature = root.mapping?["signature"]?.mapping else { return nil }
        var members: [String: JSONValue] = [:]
        for name in ["inputs", "outputs", "params"] {
            guard let text = signature[Node(name)]?.scalar?.string, text != "null",
                let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)), value != .null
            else { continue }
            members[name] = value
        }
        return members.isEmpty ? nil : .object(members)
    }
}
