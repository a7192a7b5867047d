// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A server under load: Dhow or a stock MLflow server, with a database of its own.
final class Contender {
    enum Product: String { case dhow, stock }
    enum Engine: String { case sqlite, postgres }

    let product: Product
    let engine: Engine
    /// Of the stock server; nil for its default.
    let workers: Int?
    let folder: URL
    private(set) var port: UInt16 = 0
    private(set) var startSeconds = 0.0
    private(set) var idleMemory = 0.0
    private var process = Process()
    private var token = ""
    private let postgres: String?

    init(_ product: Product, _ engine: Engine, workers: Int? = nil, in parent: URL, postgres: String?) throws {
        self.product = product
        self.engine = engine
        self.workers = workers
        let name = "\(product)_\(engine)_\(workers.map(String.init) ?? "default")"
        folder = parent.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.postgres = engine == .postgres ? postgres : nil
        if let postgres = self.postgres {
            // One of an earlier size or part is in the way.
            try Tool.run([
                "psql", "--quiet", postgres, "-c", "SET client_min_messages = warning",
                "-c", "DROP DATABASE IF EXISTS \(name) WITH (FORCE)", "-c", "CREATE DATABASE \(name)",
            ])
        }
    }

    var name: String {
        let workers = product == .stock ? " \(self.workers.map { $0 == 1 ? "1 worker" : "\($0) workers" } ?? "default workers")" : ""
        return "\(product) \(engine)\(workers)"
    }

    var tree: ProcessTree { ProcessTree(root: process.processIdentifier) }

    /// Postgres' own processes, which serve this contender, are not in its tree; their time is told apart.
    var databaseURL: String {
        guard let postgres else {
            return product == .dhow ? "sqlite:\(folder.path)/dhow.sqlite" : "sqlite:///\(folder.path)/mlflow.db"
        }
        // The name stands between the last '/' and the query.
        let parts = postgres.split(separator: "?", maxSplits: 1)
        let base = parts[0].split(separator: "/").dropLast().joined(separator: "/").replacing(":/", with: "://")
        return base + "/\(folder.lastPathComponent)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }

    /// As the stock server takes it: without its driver named, the newest SQLAlchemy looks for another than the one that is installed.
    private var storeURI: String {
        databaseURL.replacing("postgresql://", with: "postgres://").replacing("postgres://", with: "postgresql+psycopg2://")
    }

    func start() throws {
        let clock = ContinuousClock()
        let begin = clock.now
        port = try Self.freePort()
        process = Process()
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
        process.standardError = try log()
        switch product {
        case .dhow:
            process.executableURL = URL(filePath: Tool.root.appending(path: ".build/release/dhow").path)
            process.arguments = ["serve", "--data", folder.path, "--port", "\(port)", "--database", databaseURL]
        case .stock:
            process.executableURL = Tool.root.appending(path: ".venv/bin/mlflow")
            process.arguments =
                [
                    "server", "--backend-store-uri", storeURI, "--artifacts-destination", folder.appending(path: "artifacts").path,
                    "--host", "127.0.0.1", "--port", "\(port)",
                ] + (workers.map { ["--workers", "\($0)"] } ?? [])
            var environment = ProcessInfo.processInfo.environment
            environment["PATH"] = Tool.root.appending(path: ".venv/bin").path + ":" + (environment["PATH"] ?? "")
            environment["MLFLOW_DISABLE_TELEMETRY"] = "true"
            process.environment = environment
        }
        try process.run()
        try waitForHealth(until: clock.now + .seconds(300))
        startSeconds = (clock.now - begin) / .seconds(1)
        if product == .dhow {
            token = try String(contentsOf: folder.appending(path: "admin-token"), encoding: .utf8).trimmingCharacters(
                in: .whitespacesAndNewlines)
        }
        // What its start has left to do is not counted as load.
        Thread.sleep(forTimeInterval: 1)
        idleMemory = tree.memory()
    }

    func stop() {
        guard process.isRunning else { return }
        tree.signal(SIGTERM)
        process.waitUntilExit()
    }

    func connect() throws -> HTTPConnection {
        try HTTPConnection(port: port, headers: product == .dhow ? "Authorization: Bearer \(token)\r\n" : "")
    }

    private func log() throws -> FileHandle? {
        let file = folder.appending(path: "log")
        if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        return handle
    }

    private func waitForHealth(until deadline: ContinuousClock.Instant) throws {
        while ContinuousClock.now < deadline {
            if let connection = try? HTTPConnection(port: port, headers: ""), let answer = try? connection.send("GET", "/health"),
                answer.status == 200
            {
                return
            }
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.005)
        }
        throw HTTPConnection.Failed(description: "\(name) did not start; see \(folder.path)/log")
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size)
                getsockname(descriptor, pointer, &size)
            }
            return UInt16(bigEndian: $0.pointee.sin_port)
        }
    }
}

/// Programs of this machine and of the checkout.
enum Tool {
    static let root = URL(filePath: FileManager.default.currentDirectoryPath)

    static func run(_ command: [String], input: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
        let pipe = Pipe()
        if input != nil { process.standardInput = pipe }
        try process.run()
        if let input {
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw HTTPConnection.Failed(description: "\(command.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
    }
}
