// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// A real server of Redis in a folder of its own, on a free port, with a password. It writes everything down at once, so that it can be killed.
final class RedisServer: @unchecked Sendable {
    static let password = "a secret of the tests"

    let folder: URL
    let port: Int
    private let options: [String]
    private var process: Process?

    /// Gives `body` a server, and ends it.
    static func with(_ options: [String] = [], tls: Bool = false, _ body: (RedisServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = RedisServer(folder: folder, port: try freePort(), options: options, tls: tls)
        if tls { try server.makeCertificate() }
        try server.start()
        defer { server.kill() }
        try await body(server)
    }

    private init(folder: URL, port: Int, options: [String], tls: Bool) {
        self.folder = folder
        self.port = port
        let listening =
            tls
            ? [
                "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file",
                "cert.pem", "--tls-auth-clients", "no",
            ] : ["--port", "\(port)"]
        self.options =
            listening + [
                "--bind", "127.0.0.1", "--requirepass", Self.password, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                "--dir", folder.path,
            ] + options
    }

    func place(_ key: String = "k", tls: Bool = false, password: String? = RedisServer.password) -> BrokerPlace {
        BrokerPlace(
            servers: [BrokerPlace.Server(host: tls ? "localhost" : "127.0.0.1", port: port)], name: key, usesTLS: tls,
            password: password.map { BrokerPlace.Password($0) })
    }

    /// Returns when it takes connections.
    func start() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-server"] + options
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        var text = ""
        while !text.contains("Ready to accept connections") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else {
                throw Problem(
                    .unavailable, "test.redis.missing", "redis-server does not run.", why: text, fix: "Run `make setup`, which installs it."
                )
            }
            text += String(decoding: piece, as: UTF8.self)
        }
        // What it says later must not fill the pipe.
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    func kill() { end(SIGKILL) }
    func stop() { if let process { Foundation.kill(process.processIdentifier, SIGSTOP) } }
    func goOn() { if let process { Foundation.kill(process.processIdentifier, SIGCONT) } }

    private func end(_ signal: Int32) {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, signal)
        process.waitUntilExit()
        self.process = nil
    }

    var certificate: String { folder.appending(path: "cert.pem").path }

    private func makeCertificate() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out",
            "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        ]
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard result == 0 else { throw Problem(.unavailable, "test.port.none", "There is no free port.") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
