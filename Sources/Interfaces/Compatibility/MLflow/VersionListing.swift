// SPDX-License-Identifier: Apache-2.0

import Domain
import Registry
import Tracking

/// The files of a version as folders.
enum VersionListing {
    static func entries(of version: ModelVersion, in below: ArtifactPath, as folder: ArtifactPath) -> [ArtifactEntry] {
        var entries: [String: ArtifactEntry] = [:]
        for file in version.files {
            guard let path = try? ArtifactPath(file.path), let rest = path.relative(to: below), let name = rest.segments.first,
                let place = try? folder.appending(ArtifactPath([name]))
            else { continue }
            if rest.segments.count > 1 {
                entries[name] = .folder(place)
            } else {
                entries[name] = .file(Artifact(path: place, digest: file.digest, size: file.size, time: version.created, contentType: nil))
            }
        }
        return entries.sorted { $0.key < $1.key }.map(\.value)
    }
}
