// SPDX-License-Identifier: Apache-2.0

import Domain
package import Foundation
import Synchronization
import UnixSignals

/// A server that is a child of this process: it is ended when the work with it returns, throws,
/// is cancelled, or the person presses Ctrl-C.
package final class ServerChild: Sendable {
    /// Until the server says where it answers; a first start migrates a database.
    static let startLimit = Duration.seconds(120)
    /// After SIGTERM; a server drains for at most 25 s.
    static let stopLimit = Duration.seconds(40)

    /// `http://HOST:PORT`
    package let address: String
    package let processIdentifier: Int32
    package let log: URL
    private let process: RunningChild

    private init(address: String, log: URL, process: RunningChild) {
        self.address = address
        self.log = log
        self.process = process
        processIdentifier = process.identifier
    }

    /// The program that is running now, for starting it once more.
    package static func thisProgram() throws -> URL {
        let name = CommandLine.arguments.first ?? ""
        let folders = name.contains("/") ? [""] : (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/" }
        for folder in folders where FileManager.default.isExecutableFile(atPath: folder + name) {
            return URL(filePath: folder + name).standardizedFileURL.resolvingSymlinksInPath()
        }
        throw Problem(
            .internal, "client.server.program.unknown", "The program '\(name)' is not found, so it cannot be started as a server.",
            fix: "Start dhow by its path.")
    }

    /// Starts a server, waits until it answers, runs `body` with it, and ends it.
    ///
    /// - Parameters:
    ///   - environment: Added to this process's own.
    ///   - log: Takes both outputs, mode 0600, since a first start prints a token; it is overwritten.
    /// - Throws: `Problem` `.unavailable` with the log's end when the server does not start or ends by itself before `body` does;
    ///   `.unavailable` `client.server.interrupted` after SIGINT or SIGTERM; what `body` throws.
    package static func with<Value: Sendable>(
        _ program: URL, arguments: [String], environment: [String: String] = [:], log: URL,
        _ body: @escaping @Sendable (ServerChild) async throws -> Value
    ) async throws -> Value {
        // Before the start, so that there is no moment at which Ctrl-C leaves a server behind.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let process = try RunningChild.start(program, arguments: arguments, environment: environment, log: log)
        let result = await race(process, log: log, signals: signals, body)
        await process.end(within: stopLimit)
        return try result.get()
    }

    /// Processor time of the server and of its children that have ended and been waited for; after its end, all of it.
    package var processorTime: ProcessorTime { process.processorTime }

    private static func race<Value: Sendable>(
        _ process: RunningChild, log: URL, signals: UnixSignalsSequence, _ body: @escaping @Sendable (ServerChild) async throws -> Value
    ) async -> Result<Value, any Error> {
        await withTaskGroup(of: Result<Value, any Error>?.self) { group in
            group.addTask {
                do {
                    return .success(try await body(try await started(process, log: log)))
                } catch {
                    // When the server is gone, that is the news, not the request that failed for it.
                    return .failure(process.hasEnded ? ended(process, log: log) : error)
                }
            }
            group.addTask {
                for await signal in signals {
                    return .failure(
                        Problem(.unavailable, "client.server.interrupted", "The work was interrupted by \(signal)."))
                }
                return nil
            }
            group.addTask {
                await process.waitForEnd()
                return process.isEnding || Task.isCancelled ? nil : .failure(ended(process, log: log))
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                guard let result else { continue }
                group.cancelAll()
                // Tasks that wait for the process's end return only once it has one.
                await process.end(within: stopLimit)
                return result
            }
            return .failure(CancellationError())
        }
    }

    private static func started(_ process: RunningChild, log: URL) async throws -> ServerChild {
        let address = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { await process.output.address() }
            group.addTask {
                try await Task.sleep(for: startLimit)
                await process.end(within: stopLimit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let address else {
            // Its output may end a moment before it does.
            await process.end(within: stopLimit)
            throw ended(process, log: log)
        }
        return ServerChild(address: address, log: log, process: process)
    }

    private static func ended(_ process: RunningChild, log: URL) -> Problem {
        let lines = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").suffix(5)
        return Problem(
            .unavailable, "client.server.ended", "The server ended by itself\(process.status.map { ", with status \($0)" } ?? "").",
            why: lines.isEmpty ? nil : "Its last words: \(lines.joined(separator: " | ").prefix(2000))", fix: "See its log, \(log.path).")
    }
}
