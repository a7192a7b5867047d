// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What git knows of a folder.
struct GitFolder {
    let folder: URL

    /// The commit of the folder when git knows it; with `-dirty` when files of the folder differ from it.
    func commit() -> String? {
        guard let head = ask("rev-parse", "HEAD") else { return nil }
        let changes = ask("status", "--porcelain", "--", ".") ?? ""
        return changes.isEmpty ? head : head + "-dirty"
    }

    /// A name that is the same for everyone who has the repository: `OWNER/REPOSITORY:PATH` from the address of `origin`, without what
    /// is before; the folder's name where there is none.
    func sourceName() -> String {
        guard let top = ask("rev-parse", "--show-toplevel") else { return folder.lastPathComponent }
        let repository = ask("config", "--get", "remote.origin.url").flatMap(Self.repository) ?? URL(filePath: top).lastPathComponent
        let path = (ask("rev-parse", "--show-prefix") ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "/"))
        return path.isEmpty ? repository : "\(repository):\(path)"
    }

    /// The last two parts of `https://user:secret@host/owner/name.git`, `git@host:owner/name.git` or a path.
    static func repository(_ address: String) -> String? {
        var text = address.hasSuffix(".git") ? String(address.dropLast(4)) : address
        if let scheme = text.range(of: "://") {
            let rest = text[scheme.upperBound...]
            text = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
        } else if let colon = text.firstIndex(of: ":"), !text.hasPrefix("/") {
            text = String(text[text.index(after: colon)...])
        }
        let parts = text.split(separator: "/").suffix(2)
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    private func ask(_ arguments: String...) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
