// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A file in a step's folder while it is written; readable by its owner only.
struct WrittenFile: ~Copyable {
    private let descriptor: Int32

    /// Makes the file and the folders above it, or empties it; a link in its place is refused.
    init(_ path: String) throws(Problem) {
        try Self.makeFolder((path as NSString).deletingLastPathComponent)
        let opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw Self.refusal(errno) }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    func write(_ bytes: [UInt8]) throws(Problem) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.refusal(errno) }
            written += count
        }
    }

    /// Makes a folder and those above it; one that is there already is fine.
    static func makeFolder(_ path: String) throws(Problem) {
        if mkdir(path, 0o700) == 0 { return }
        switch errno {
        case EEXIST:
            var information = stat()
            guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { throw refusal(ENOTDIR) }
        case ENOENT:
            let parent = (path as NSString).deletingLastPathComponent
            guard !parent.isEmpty, parent != path else { throw refusal(ENOENT) }
            try makeFolder(parent)
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw refusal(errno) }
        case let reason: throw refusal(reason)
        }
    }

    /// `.storageFull` and `.unavailable` pass; anything else is a fault of what was to be written there.
    private static func refusal(_ reason: Int32) -> Problem {
        let kind: Problem.Kind =
            switch reason {
            case ENOSPC, EDQUOT: .storageFull
            case EMFILE, ENFILE, ENOMEM, EIO, EROFS: .unavailable
            default: .rejected
            }
        return Problem(
            kind, "pipelines.folder.unwritable", "A file of a step cannot be written.", why: String(cString: strerror(reason)),
            fix: kind == .rejected ? "Give sources, inputs and outputs paths that do not cover each other." : nil)
    }
}
