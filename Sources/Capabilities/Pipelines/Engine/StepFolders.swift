// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The working folders of attempts, one each, beneath the worker's own folder.
package struct StepFolders: Sendable {
    let root: String

    package init(root: String) {
        self.root = root
    }

    /// At most 128 characters: steps may have long names.
    static func attemptID(_ execution: String, _ step: String, _ number: Int) -> String {
        "\(execution)-\(step.prefix(90))-\(number)"
    }

    func folder(_ attemptID: String) -> String { root + "/" + attemptID }

    func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Problem(
                .unavailable, "pipelines.folder.unusable", "The folder of a step cannot be made.", why: error.localizedDescription)
        }
    }

    func remove(_ attemptID: String) {
        try? FileManager.default.removeItem(atPath: folder(attemptID))
    }

    func removeAll() {
        try? FileManager.default.removeItem(atPath: root)
    }
}
