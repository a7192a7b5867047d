// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A system call that failed; translated to a `Problem` where a seam ends.
struct FileFailure: Error, Equatable {
    var code: Int32

    /// The failure that `errno` names now.
    static var current: FileFailure { FileFailure(code: errno) }

    var isAbsence: Bool { code == ENOENT }

    /// - Parameters:
    ///   - capability: First part of the code, such as `blob`.
    ///   - what: The sentence for people; it names no path.
    func problem(of capability: String, _ what: String) -> Problem {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            return Problem(
                .storageFull, "\(capability).storage.full", what, why: "The disk or its quota is full (\(reason)).",
                fix: "Free space on the volume of the data folder; reads go on meanwhile.")
        case EACCES, EPERM, EROFS:
            return Problem(
                .unavailable, "\(capability).storage.denied", what, why: "The system refused access (\(reason)).",
                fix: "Let the user that runs the server read and write the data folder.")
        case ELOOP, ENOTDIR:
            return Problem(
                .unavailable, "\(capability).storage.linked", what,
                why: "A link or a file stands where a folder or file is expected (\(reason)).",
                fix: "Put the real folder or file in its place; links are not followed here.")
        default:
            return Problem(.unavailable, "\(capability).storage.failed", what, why: "The system said: \(reason).")
        }
    }
}

/// Calls again while a signal interrupts; a negative result is thrown.
@discardableResult
func withoutInterruption<Result: SignedInteger>(_ call: () -> Result) throws -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let failure = FileFailure.current
        guard failure.code == EINTR else { throw failure }
    }
}
