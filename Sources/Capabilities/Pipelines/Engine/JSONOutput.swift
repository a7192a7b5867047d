// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// An output of type value: a small JSON document that a step leaves.
enum JSONOutput {
    static let limit = 64 << 10

    /// - Throws: `Problem` `.rejected`.
    static func read(_ path: String, output name: String) throws(Problem) -> JSONValue {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        var information = stat()
        guard descriptor >= 0, fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            if descriptor >= 0 { close(descriptor) }
            throw refusal(name, "It is no regular file.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let data = try? handle.read(upToCount: limit + 1) ?? Data(), data.count <= limit else {
            throw refusal(name, "It is longer than \(limit) bytes.")
        }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: data) else { throw refusal(name, "It is not a JSON document.") }
        return value
    }

    private static func refusal(_ name: String, _ why: String) -> Problem {
        Problem(
            .rejected, "pipelines.output.notAValue", "Output '\(name)' cannot be read as a value.", why: why,
            fix: "Write one JSON document there, such as 0.75 or {\"accuracy\": 0.75}; larger things are outputs of type file.")
    }
}
