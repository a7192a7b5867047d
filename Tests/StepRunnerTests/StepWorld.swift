// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation

/// The runners that the conformance suite holds for.
enum TestedRunner: CaseIterable {
    case process

    func make(folder: String, settings: StepRunnerSettings) throws -> any StepRunner {
        switch self {
        case .process: try ProcessStepRunner(folder: folder, settings: settings)
        }
    }
}

/// A temporary folder with a runner's folder and a working folder in it; all of it is removed with the last reference.
final class StepWorld: Sendable {
    let kind: TestedRunner
    let root: String
    let runner: any StepRunner
    private let settings: StepRunnerSettings

    convenience init(_ kind: TestedRunner, logLimit: Int64 = 1 << 20) throws {
        try self.init(kind, StepRunnerSettings(logLimit: logLimit))
    }

    init(_ kind: TestedRunner, _ settings: StepRunnerSettings) throws {
        self.kind = kind
        self.settings = settings
        root = FileManager.default.temporaryDirectory.path + "/steps-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root + "/work", withIntermediateDirectories: true)
        runner = try kind.make(folder: root + "/attempts", settings: settings)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    var work: String { root + "/work" }

    /// What a restarted server would have: a runner that remembers nothing, on the same folder.
    func secondRunner() throws -> any StepRunner {
        try kind.make(folder: root + "/attempts", settings: settings)
    }

    func attempt(_ id: String, _ command: [String], timeout: Int? = nil, _ resources: AttemptResources = AttemptResources())
        -> AttemptSpecification
    {
        AttemptSpecification(
            attemptID: id, command: command, environment: ["PATH": "/usr/bin:/bin", "STEP": "one two"], workingFolder: work,
            timeoutSeconds: timeout, resources: resources)
    }

    func shell(_ id: String, _ script: String, timeout: Int? = nil, _ resources: AttemptResources = AttemptResources())
        -> AttemptSpecification
    {
        attempt(id, ["sh", "-c", script], timeout: timeout, resources)
    }

    /// The lines of an attempt's record that begin with `word`, without it.
    func recorded(_ word: String, of id: String) throws -> [String] {
        try String(contentsOfFile: "\(root)/attempts/\(id)/record", encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(work)/\(name)", encoding: .utf8)
    }

    func log(of id: String) async throws -> String {
        String(decoding: try await runner.log(of: id, from: 0, limit: 1 << 22), as: UTF8.self)
    }

    func fifo(_ name: String) -> Fifo { Fifo(path: "\(work)/\(name)") }
}

/// A named pipe in the working folder: how a test and a step wait for each other without sleeping.
struct Fifo {
    let path: String

    init(path: String) {
        self.path = path
        precondition(mkfifo(path, 0o600) == 0, "A test's pipe can be made.")
    }

    /// The next line that a step writes, or all it wrote until every writer closed.
    func line() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [path] in
                let descriptor = open(path, O_RDONLY)
                defer { close(descriptor) }
                var text: [UInt8] = []
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1, byte != 10 { text.append(byte) }
                continuation.resume(returning: String(decoding: text, as: UTF8.self))
            }
        }
    }

    /// Returns when every process that had the pipe open for writing has ended.
    func closed() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [path] in
                let descriptor = open(path, O_RDONLY)
                defer { close(descriptor) }
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1 {}
                continuation.resume()
            }
        }
    }

    /// Lets a step that reads the pipe go on, whether it reads already or not yet.
    func release() -> Int32 {
        let descriptor = open(path, O_RDWR)
        write(descriptor, "\n", 1)
        // Open until the caller closes it: a line in a pipe without readers is lost with the last writer.
        return descriptor
    }
}
