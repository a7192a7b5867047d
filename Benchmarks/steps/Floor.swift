// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the command alone costs: started by `posix_spawn` and waited for, one after another.
enum Floor {
    static func measure(_ count: Int) throws -> String {
        let before = usage()
        for _ in 0..<count {
            var process: pid_t = 0
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = [nil]
            precondition(posix_spawn(&process, "/bin/true", nil, nil, &arguments, &environment) == 0, "The command can be started.")
            free(arguments[0])
            waitpid(process, nil, 0)
        }
        return String(format: "floor: %.3f ms CPU for the command alone", (usage() - before) * 1000 / Double(count))
    }

    private static func usage() -> Double {
        [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(0) { sum, who in
            var usage = rusage()
            getrusage(__rusage_who_t(who.rawValue), &usage)
            return [usage.ru_utime, usage.ru_stime].reduce(sum) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        }
    }
}
