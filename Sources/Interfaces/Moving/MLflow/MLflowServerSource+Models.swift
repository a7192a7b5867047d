// SPDX-License-Identifier: Apache-2.0

import API
import Domain

/// Registered models and prompts.
extension MLflowServerSource {
    /// One model with all its versions.
    func model(_ place: inout Place, _ part: inout SourcePart) async throws -> Bool {
        let prompts = place.phase == .prompts
        guard place.index >= 0 else { return false }
        let (items, next) = try await server.registeredModels(prompts: prompts, after: place.token)
        guard place.index < items.count else { return false }
        let value = items[place.index]
        place.index += 1
        if place.index == items.count { (place.token, place.index) = (next, next == nil ? -1 : 0) }
        guard let record = RegisteredModelRecord(value, prefix: prefix), let name = value["name"]?.text else { return true }
        part.models = [record]
        var versions: [VersionRecord] = []
        try await every({ try await server.versions(of: name, prompts: prompts, after: $0) }) { value in
            if let version = VersionRecord(value, prefix: prefix) { versions.append(version) }
        }
        versions.sort { $0.version < $1.version }
        for index in versions.indices {
            guard let folder = versions[index].artifacts else { continue }
            let isThere =
                if let run = folder.run { try await server.hasRun(run) } else { try await server.hasLoggedModel(folder.loggedModel ?? "") }
            if !isThere {
                versions[index].artifacts = nil
                part.omitted["files of versions whose run or logged model was deleted", default: 0] += 1
            }
        }
        part.versions = versions
        return true
    }
}
