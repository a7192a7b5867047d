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

    /// At most 128 characters: the end of a long step name is replaced by its digest.
    static func attemptID(_ execution: String, _ step: String, _ number: Int) -> String {
        guard step.utf8.count > 90 else { return "\(execution)-\(step)-\(number)" }
        let digest = SHA256.hash(data: Data(step.utf8)).lowercaseHexadecimal.prefix(32)
        return "\(execution)-\(step.prefix(57))-\(digest)-\(number)"
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

    /// Keeps the key that the attempt's files were laid out for: what an alias means may have changed when it ends.
    func keep(_ key: BlobDigest, of attemptID: String) throws(Problem) {
        try WrittenFile(keyPath(attemptID)).write(Array(key.description.utf8))
    }

    /// Nil when none was kept.
    func key(of attemptID: String) -> BlobDigest? {
        FileManager.default.contents(atPath: keyPath(attemptID)).flatMap { BlobDigest(String(decoding: $0, as: UTF8.self)) }
    }

    private func keyPath(_ attemptID: String) -> String { "\(root)/\(attemptID)/key" }
}
