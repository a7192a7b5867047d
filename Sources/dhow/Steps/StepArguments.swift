// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Pipelines

/// Reading what a step's `with` says, with refusals that name the step and the member.
struct StepArguments: Sendable {
    /// Largest file whose text is taken as a value or as JSON.
    static let largestText: Int64 = 1 << 20

    let work: HandledStep
    let blobs: any BlobStore

    subscript(name: String) -> ResolvedBinding? { work.with[name] }

    func text(_ name: String) async throws -> String {
        guard let text = try await optionalText(name) else { throw missing(name, "a text") }
        return text
    }

    /// A value, or the text of a small file without surrounding white space.
    func optionalText(_ name: String) async throws -> String? {
        switch self[name] {
        case nil, .absent: return nil
        case .output(.file(let digest, let size)):
            return String(decoding: try await bytes(digest, size, name), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        case let binding?:
            guard let value = binding.value, let text = try? CommandContract.text(value) else { throw missing(name, "a text") }
            return text
        }
    }

    func integer(_ name: String) async throws -> Int {
        guard let number = Int(try await text(name)) else { throw missing(name, "a whole number") }
        return number
    }

    func optionalInteger(_ name: String) async throws -> Int? {
        try await optionalText(name) == nil ? nil : try await integer(name)
    }

    func file(_ name: String) throws -> (digest: BlobDigest, size: Int64) {
        guard case .output(.file(let digest, let size)) = self[name] else { throw missing(name, "a file that a step made") }
        return (digest, size)
    }

    func optionalFile(_ name: String) throws -> (digest: BlobDigest, size: Int64)? {
        self[name] == nil || self[name] == .absent ? nil : try file(name)
    }

    /// A plain value of the given shape.
    func decoded<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        guard let value = self[name]?.value else { return nil }
        do {
            return try JSONDecoder().decode(type, from: JSONEncoder().encode(value))
        } catch {
            throw Problem(
                .invalid, "pipelines.with.malformed", "'\(name)' of step '\(work.step)' is not what its kind takes.", why: "\(error)",
                fix: "See docs/pipelines.md for the kinds of steps.")
        }
    }

    func bytes(_ digest: BlobDigest, _ size: Int64, _ name: String, limit: Int64 = largestText) async throws -> [UInt8] {
        guard size <= limit else {
            throw Problem(
                .tooLarge, "pipelines.with.too-large", "The file '\(name)' of step '\(work.step)' has \(size) bytes.",
                why: "At most \(limit) are read here.")
        }
        var bytes: [UInt8] = []
        for try await chunk in try await blobs.get(digest, range: nil).bytes { bytes += chunk }
        return bytes
    }

    private func missing(_ name: String, _ what: String) -> Problem {
        Problem(
            .invalid, "pipelines.with.missing", "Step '\(work.step)' of kind needs \(what) as '\(name)'.",
            fix: "Add '\(name)' to its 'with'; see docs/pipelines.md for the kinds of steps.")
    }
}
