// SPDX-License-Identifier: Apache-2.0

import Domain

/// Finds what the references of a step refer to in one execution.
struct BindingResolver: Sendable {
    let execution: Execution
    /// Of steps that ended well; a step that was omitted, or did not succeed, has none.
    let outputs: [String: [String: StepOutput]]
    /// The element that it is about.
    var item: (value: JSONValue, index: Int)?
    let snapshotFiles: @Sendable (String) async throws -> [String: BlobDigest]
    let modelFiles: @Sendable (_ model: String, _ alias: String) async throws -> (version: Int, files: [String: BlobDigest])?

    func resolve(_ binding: Binding) async throws -> ResolvedBinding {
        switch binding {
        case .value(let value): return .value(value)
        case .item: return item.map { .value($0.value) } ?? .absent
        case .parameter(let name): return .value(execution.parameters[name] ?? .null)
        case .output(let step, let name):
            return outputs[step]?[name].map { .output($0) } ?? .absent
        case .snapshot(let inner):
            guard let id = try await resolve(inner).value?.text, !id.isEmpty else { return .absent }
            return .snapshot(id: id, files: try await snapshotFiles(id))
        case .model(let name, let alias):
            guard let found = try await modelFiles(name, alias) else { return .absent }
            return .model(name: name, version: found.version, files: found.files)
        case .mapping(let members):
            var resolved: [String: ResolvedBinding] = [:]
            for (name, member) in members { resolved[name] = try await resolve(member) }
            return .mapping(resolved)
        case .list(let elements):
            var resolved: [ResolvedBinding] = []
            for element in elements { resolved.append(try await resolve(element)) }
            return .list(resolved)
        }
    }

    func resolve(_ members: [String: Binding]) async throws -> [String: ResolvedBinding] {
        var resolved: [String: ResolvedBinding] = [:]
        for (name, binding) in members { resolved[name] = try await resolve(binding) }
        return resolved
    }
}
