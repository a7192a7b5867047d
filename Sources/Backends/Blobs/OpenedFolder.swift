// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An open folder. Everything in it is reached by one name from here, never by a path, and no link is followed; failures are `FileFailure`.
final class OpenedFolder: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The operator's own folder: its path may lead through links, and is made (mode 0700) when it is absent.
    convenience init(path: String, creating: Bool) throws {
        if creating {
            var parent = path.hasPrefix("/") ? "/" : "."
            for part in path.split(separator: "/", omittingEmptySubsequences: true) {
                let made = parent + "/" + part
                if mkdir(made, 0o700) == 0 {
                    try OpenedFolder(path: parent, creating: false).sync()
                } else if errno != EEXIST {
                    throw FileFailure.current
                }
                parent = made
            }
        }
        self.init(descriptor: try withoutInterruption { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    /// The folder `name` in this one; when made here, its entry is on the disk before this returns.
    func folder(_ name: String, creating: Bool) throws -> OpenedFolder {
        precondition(!name.contains("/") && name != "..", "A name in a folder is no path.")
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        do {
            return OpenedFolder(descriptor: try withoutInterruption { openat(descriptor, name, flags) })
        } catch let failure as FileFailure where failure.isAbsence && creating {
            if mkdirat(descriptor, name, 0o700) != 0, errno != EEXIST { throw FileFailure.current }
            try sync()
            return OpenedFolder(descriptor: try withoutInterruption { openat(descriptor, name, flags) })
        }
    }

    /// - Parameter flags: `O_RDONLY`, `O_RDWR`, with `O_CREAT`, `O_EXCL`; a made file has mode 0600.
    func file(_ name: String, _ flags: Int32) throws -> OpenedFile {
        precondition(!name.contains("/") && name != "..", "A name in a folder is no path.")
        return OpenedFile(descriptor: try withoutInterruption { openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC, 0o600) })
    }

    /// Nil when nothing bears the name.
    func identity(of name: String) throws -> OpenedFile.Identity? {
        var status = stat()
        do {
            try withoutInterruption { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch let failure as FileFailure where failure.isAbsence {
            return nil
        }
        return OpenedFile.Status(status).identity
    }

    /// Takes the place of a file of that name at once; on the disk after `folder.sync()`.
    func rename(_ name: String, into folder: OpenedFolder, as newName: String) throws {
        try withoutInterruption { renameat(descriptor, name, folder.descriptor, newName) }
    }

    /// - Returns: False when nothing bore the name.
    @discardableResult
    func unlink(_ name: String) throws -> Bool {
        do {
            try withoutInterruption { unlinkat(descriptor, name, 0) }
            return true
        } catch let failure as FileFailure where failure.isAbsence {
            return false
        }
    }

    func sync() throws {
        try withoutInterruption { fsync(descriptor) }
    }

    /// Sorted; without `.` and `..`.
    func names() throws -> [String] {
        let own = try withoutInterruption { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(own) else {
            let failure = FileFailure.current
            close(own)
            throw failure
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        if errno != 0 { throw FileFailure.current }
        return names.sorted()
    }
}
