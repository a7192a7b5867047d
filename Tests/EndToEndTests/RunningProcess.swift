// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A child process whose output is kept and can be waited for.
final class RunningProcess: Sendable {
    private struct State {
        var output = ""
        var errors = ""
        var hasEnded = false
        var waiting: [(text: String, continuation: CheckedContinuation<String?, Never>)] = []
    }

    private let process: Process
    private let state = Mutex(State())

    init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) {
        process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, last in last }
    }

    var identifier: Int32 { process.processIdentifier }

    func start() throws {
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        output.fileHandleForReading.readabilityHandler = { [self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            take(data, isOutput: true)
        }
        errors.fileHandleForReading.readabilityHandler = { [self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            take(data, isOutput: false)
        }
        process.terminationHandler = { [self] _ in finish() }
        try process.run()
    }

    /// The first line of standard output that contains `text`; nil when the process ends without one.
    func line(containing text: String) async -> String? {
        await withCheckedContinuation { continuation in
            let found: String?? = state.withLock { state in
                if let line = Self.line(text, in: state.output) { return .some(line) }
                if state.hasEnded { return .some(nil) }
                state.waiting.append((text, continuation))
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    func errors() -> String { state.withLock { $0.errors } }
    func output() -> String { state.withLock { $0.output } }

    /// Sends the signal unless the process has ended, and waits until it has.
    @discardableResult
    func end(signal: Int32) async -> Int32 {
        if process.isRunning { kill(process.processIdentifier, signal) }
        return await status()
    }

    /// The exit status, once the process has ended.
    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [process] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    private func take(_ data: Data, isOutput: Bool) {
        let text = String(decoding: data, as: UTF8.self)
        let ready: [(String, CheckedContinuation<String?, Never>)] = state.withLock { state in
            if isOutput { state.output += text } else { state.errors += text }
            guard isOutput else { return [] }
            let found = state.waiting.compactMap { waiting in
                Self.line(waiting.text, in: state.output).map { ($0, waiting.continuation) }
            }
            state.waiting.removeAll { Self.line($0.text, in: state.output) != nil }
            return found
        }
        for (line, continuation) in ready { continuation.resume(returning: line) }
    }

    private func finish() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for entry in waiting { entry.continuation.resume(returning: nil) }
    }

    /// A whole line, ended by a newline.
    private static func line(_ text: String, in output: String) -> String? {
        output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first { $0.contains(text) }.map(String.init)
    }
}
