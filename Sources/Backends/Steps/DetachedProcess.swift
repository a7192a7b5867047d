// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Starts a program in a session of its own with nothing of this process but one descriptor, which becomes its descriptor 3.
enum DetachedProcess {
    private typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    private typealias AddFolder = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32

    /// Newer than POSIX, so Swift's view of the C library lacks them: glibc 2.34 and 2.29.
    private static let addCloseFrom = symbol("posix_spawn_file_actions_addclosefrom_np", as: AddCloseFrom.self)
    private static let addFolder = symbol("posix_spawn_file_actions_addchdir_np", as: AddFolder.self)
    /// `POSIX_SPAWN_SETSID` of glibc's `<spawn.h>`.
    private static let newSession: Int32 = 0x80

    static func spawn(
        _ program: String, _ arguments: [String], environment: [String], workingFolder: String, keeping descriptor: Int32
    ) throws(Problem) -> pid_t {
        guard let addCloseFrom, let addFolder else {
            throw Problem(
                .unavailable, "steps.spawn.unsupported", "Steps cannot run on this machine.",
                why: "Its C library cannot start a process without inherited descriptors.", fix: "Use glibc 2.34 or later.")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, descriptor, 3)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        _ = addCloseFrom(&actions, 4)
        _ = addFolder(&actions, workingFolder)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))

        var processID: pid_t = 0
        let status = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&processID, program, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(status))
            guard status == E2BIG else {
                throw Problem(
                    .unavailable, "steps.spawn.failed", "The step could not be started.", why: reason,
                    fix: "Look at the machine's limits on processes and memory.")
            }
            throw Problem(
                .invalid, "steps.command.tooLong", "The step's command and environment are too long for this machine.", why: reason,
                fix: "Pass large values in files.")
        }
        return processID
    }

    static func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        return body(pointers)
    }
}
