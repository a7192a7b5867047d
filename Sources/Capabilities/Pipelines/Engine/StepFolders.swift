// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation

/// The folders of attempts, one each, beneath the worker's own folder: `work` is the program's, what stands beside it is ours.
package struct StepFolders: Sendable {
    let root: String

    package init(root: String) {
        self.root = root
    }

    /// At most 128 characters; an element's run, and a long step name, are told by the digest of the unit's name.
    static func attemptID(_ execution: String, _ unit: StepUnit, _ number: Int) -> String {
        guard unit.item != nil || unit.step.utf8.count > 90 else { return "\(execution)-\(unit.step)-\(number)" }
        let digest = SHA256.hash(data: Data(unit.description.utf8)).lowercaseHexadecimal.prefix(32)
        return "\(execution)-\(unit.step.prefix(57))-\(digest)-\(number)"
    }

    /// Where the program runs.
    func work(_ attemptID: String) -> String { "\(root)/\(attemptID)/work" }

    /// Makes an empty folder to run in, with one for temporary files.
    func make(_ attemptID: String) throws(Problem) {
        remove(attemptID)
        try WrittenFile.makeFolder(work(attemptID) + "/.tmp")
    }

    func remove(_ attemptID: String) {
        let folder = "\(root)/\(attemptID)"
        if (try? FileManager.default.removeItem(atPath: folder)) != nil || !FileManager.default.fileExists(atPath: folder) { return }
        // A program may have taken its own folders' write permission away.
        for path in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            var information = stat()
            guard lstat("\(folder)/\(path)", &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { continue }
            chmod("\(folder)/\(path)", 0o700)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
