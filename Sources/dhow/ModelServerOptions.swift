// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Serving

/// The settings of servers of models, checked.
struct ModelServerOptions: Sendable {
    enum Command: Sendable, Equatable {
        case off
        /// MLflow's own, where it is found.
        case usual
        case given([String])
    }

    var command: Command
    var wire: ServerProtocol
    var minimum: Int
    var maximum: Int
    var concurrency: Int
    var memoryBytes: Int64?

    init(command: String?, wire: String, replicas: String, concurrency: String, memory: String?) throws {
        switch command {
        case nil: self.command = .usual
        case "off": self.command = .off
        case let text?: self.command = .given(text.split(separator: " ").map(String.init))
        }
        guard let known = ServerProtocol(rawValue: wire) else {
            throw Settings.refusal("model-server-protocol", wire, "Use 'mlflow' or 'v2'.")
        }
        self.wire = known
        let bounds = replicas.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let minimum = bounds.first ?? nil, let maximum = bounds.last ?? nil, bounds.count <= 2, minimum >= 0, maximum >= 1,
            minimum <= maximum, maximum <= 64
        else {
            throw Settings.refusal("model-server-replicas", replicas, "Use two numbers such as 1-2, the second from 1 to 64.")
        }
        self.minimum = minimum
        self.maximum = maximum
        guard let calls = Int(concurrency), (1...1024).contains(calls) else {
            throw Settings.refusal("model-server-concurrency", concurrency, "Use 1 to 1024.")
        }
        self.concurrency = calls
        memoryBytes = try Self.bytes(of: memory)
        if case .given = self.command { try resolved(path: "")?.check() }
    }

    /// A model that leaks must not take the whole machine: half of its memory when nothing else is said.
    private static func bytes(of memory: String?) throws -> Int64? {
        switch memory {
        case nil: return Int64(ProcessInfo.processInfo.physicalMemory / 2)
        case "off": return nil
        case let text?:
            guard let mebibytes = Int64(text), (16...(1 << 30)).contains(mebibytes) else {
                throw Settings.refusal("model-server-memory", text, "Use a number of MiB, at least 16, or 'off'.")
            }
            return mebibytes << 20
        }
    }

    /// Nil when no server can be started.
    ///
    /// - Parameter path: Where programs are looked for, as in `PATH`; all that a server gets of this process's environment, apart from the
    ///   language.
    func resolved(path: String, requiresSandbox: Bool = false) -> ModelServerSettings? {
        let words: [String]
        switch command {
        case .off: return nil
        case .given(let given): words = given
        case .usual:
            let programs = path.split(separator: ":").filter { $0.hasPrefix("/") }.map { String($0) + "/mlflow" }
            guard wire == .invocations, let program = programs.first(where: { access($0, X_OK) == 0 }) else { return nil }
            words = [
                program, "models", "serve", "--env-manager", "local", "--model-uri", "{model}", "--host", "127.0.0.1", "--port", "{port}",
                "--workers", "1",
            ]
        }
        var settings = ModelServerSettings(
            command: words, wire: wire,
            environment: ["PATH": path, "LANG": "C.UTF-8", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"])
        settings.scaling.minimum = minimum
        settings.scaling.maximum = maximum
        settings.scaling.concurrency = concurrency
        settings.memoryBytes = memoryBytes
        settings.requiresSandbox = requiresSandbox
        return settings
    }
}
