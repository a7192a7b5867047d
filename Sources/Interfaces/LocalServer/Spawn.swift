// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// `posix_spawn` with every signal as a new program expects it, in a process group of its own: Ctrl-C in a terminal reaches this process
/// alone, which then ends its child in order.
struct Spawn {
    var program: String
    var arguments: [String]
    var environment: [String: String]

    /// Standard input is empty.
    ///
    /// - Returns: The new process's identifier; it must be waited for.
    /// - Throws: `Problem` `.unavailable` when the program cannot be started.
    func start(output: Int32, errors: Int32) throws(Problem) -> Int32 {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        Self.closeOthers(&actions)
        var none = sigset_t()
        var every = sigset_t()
        sigemptyset(&none)
        sigfillset(&every)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var identifier: pid_t = 0
        let failure = posix_spawn(&identifier, program, &actions, &attributes, &words, &variables)
        guard failure == 0 else {
            throw Problem(
                .unavailable, "client.server.unstartable", "'\(program)' cannot be started.", why: String(cString: strerror(failure)))
        }
        return identifier
    }

    #if canImport(Darwin)
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t?) {}
    #else
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// What libraries here keep open is not the child's. The call is in glibc 2.34 and later and hidden in its header.
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
    }
    #endif
}
