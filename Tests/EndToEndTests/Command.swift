// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A command that has run to its end.
struct Command: Sendable {
    var status: Int32
    var output: String
    var errors: String

    /// This build's binary.
    static func dhow(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command {
        try await run([ServerProcess.binary.path] + arguments, environment: environment)
    }

    /// A program of this machine, found by its name.
    static func program(_ arguments: String...) async throws -> Command {
        try await program(arguments)
    }

    static func program(_ arguments: [String]) async throws -> Command {
        try await run(["/usr/bin/env"] + arguments)
    }

    private static func run(_ command: [String], environment: [String: String] = [:]) async throws -> Command {
        let process = RunningProcess(URL(filePath: command[0]), Array(command.dropFirst()), environment: environment)
        try process.start()
        let status = await process.status()
        await process.outputEnd()
        return Command(status: status, output: process.output(), errors: process.errors())
    }
}

/// Runs `body` with a folder that is gone afterwards.
func withTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = try ServerProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
}

/// Asks until `body` gives something, at most 1,500 times 20 ms apart.
///
/// - Throws: An error that names what never came.
func eventually<Value>(_ what: String, _ body: () async throws -> Value?) async throws -> Value {
    for _ in 0..<1_500 {
        if let value = try await body() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw NeverHappened(what: what)
}

/// Asks until `body` says yes, as often.
func eventually(_ what: String, holds body: () async throws -> Bool) async throws {
    _ = try await eventually(what) { try await body() ? true : nil }
}

struct NeverHappened: Error, CustomStringConvertible {
    var what: String
    var description: String { "It never happened: \(what)." }
}
