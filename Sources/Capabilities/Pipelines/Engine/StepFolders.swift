// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation

/// The folders that attempts run in, one each, beneath the worker's own folder.
package struct StepFolders: Sendable {
    private static let temporary = "/.tmp"

    let root: String
    private let spares: SpareFolders

    package init(root: String) {
        self.root = root
        spares = SpareFolders(place: root + ".spare")
    }

    /// At most 128 characters; an element's run, and a long step name, are told by the digest of the unit's name.
    static func attemptID(_ execution: String, _ unit: StepUnit, _ number: Int) -> String {
        guard unit.item != nil || unit.step.utf8.count > 90 else { return "\(execution)-\(unit.step)-\(number)" }
        let digest = SHA256.hash(data: Data(unit.description.utf8)).lowercaseHexadecimal.prefix(32)
        return "\(execution)-\(unit.step.prefix(57))-\(digest)-\(number)"
    }

    /// Where the program runs.
    func work(_ attemptID: String) -> String { "\(root)/\(attemptID)" }

    /// Makes an empty folder to run in, with one for temporary files.
    func make(_ attemptID: String) throws(Problem) {
        let folder = work(attemptID)
        if access(folder, F_OK) == 0 { remove(attemptID) }
        if spares.take(to: folder) { return }
        try WrittenFile.makeFolder(folder + Self.temporary)
    }

    /// Its folder, empty, is kept for another attempt.
    func remove(_ attemptID: String) {
        let folder = work(attemptID)
        if isFresh(folder), spares.put(folder) { return }
        if (try? FileManager.default.removeItem(atPath: folder)) != nil || !FileManager.default.fileExists(atPath: folder) { return }
        // A program may have taken its own folders' write permission away.
        for path in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            var information = stat()
            guard lstat("\(folder)/\(path)", &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { continue }
            chmod("\(folder)/\(path)", 0o700)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Whether a folder is as `make` makes it: the program left nothing, and changed nothing of it.
    private func isFresh(_ folder: String) -> Bool {
        func isPlain(_ path: String, links: nlink_t) -> Bool {
            var information = stat()
            return lstat(path, &information) == 0 && information.st_mode == S_IFDIR | 0o700 && information.st_nlink == links
                && information.st_uid == geteuid()
        }
        guard isPlain(folder, links: 3), isPlain(folder + Self.temporary, links: 2) else { return false }
        return Self.entries(folder) == 1 && Self.entries(folder + Self.temporary) == 0
    }

    private static func entries(_ folder: String) -> Int {
        guard let directory = opendir(folder) else { return .max }
        defer { closedir(directory) }
        var count = -2
        while readdir(directory) != nil { count += 1 }
        return count
    }
}
