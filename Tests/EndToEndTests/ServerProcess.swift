// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Testing

/// The real binary, serving a folder of its own on a free port.
final class ServerProcess: Sendable {
    /// Where this build put the binary: beside the test bundle.
    static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "dhow")

    /// As many connections at once as a test has tasks.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 128
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    let folder: URL
    let address: String
    let token: String
    private let process: RunningProcess

    private init(folder: URL, address: String, token: String, process: RunningProcess) {
        self.folder = folder
        self.address = address
        self.token = token
        self.process = process
    }

    /// Starts a server and waits until it says where it answers.
    ///
    /// - Parameters:
    ///   - folder: A folder of an earlier server, for a restart; a new temporary one when nil.
    ///   - launcher: A command that replaces itself by the server, whose command line follows; none when empty.
    static func start(folder: URL? = nil, _ arguments: [String] = [], through launcher: [String] = []) async throws -> ServerProcess {
        let folder = try folder ?? temporaryFolder()
        try? FileManager.default.removeItem(at: folder.appending(path: "address"))
        let command = launcher + [binary.path, "serve", "--data", folder.path, "--port", "0"] + arguments
        let process = RunningProcess(URL(filePath: command[0]), Array(command.dropFirst()))
        try process.start()
        // The line with the address is the server's own word that it answers.
        guard let line = await process.line(containing: "answers at "), let address = line.components(separatedBy: "answers at ").last
        else {
            let log = process.errors()
            throw StartFailure(log: log)
        }
        // Through the process's own root, because a launcher may have given it other mounts.
        let root = launcher.isEmpty ? "" : "/proc/\(process.identifier)/root"
        let token = (try? String(contentsOfFile: root + folder.path + "/admin-token", encoding: .utf8)) ?? ""
        return ServerProcess(
            folder: folder, address: address.trimmingCharacters(in: .whitespacesAndNewlines),
            token: token.trimmingCharacters(in: .whitespacesAndNewlines), process: process)
    }

    static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    var processID: Int32 { process.identifier }
    var log: String { process.errors() }

    /// SIGKILL, as a crash would.
    func crash() async { await process.end(signal: SIGKILL) }

    /// SIGTERM; returns the exit status.
    @discardableResult
    func stop() async -> Int32 { await process.end(signal: SIGTERM) }

    func remove() async {
        await process.end(signal: SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// One request with the administrator's token; `path` is sent as it stands, encoded or not.
    func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = [], authorized: Bool = true
    ) async throws -> Response {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        if authorized { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let response = try await Self.client.execute(request, timeout: .seconds(300))
        let data = try await response.body.collect(upTo: 256 << 20)
        return Response(status: Int(response.status.code), headers: response.headers, body: Data(data.readableBytesView))
    }

    func json(_ method: HTTPMethod, _ path: String, _ text: String, headers: [(String, String)] = []) async throws -> Response {
        try await send(method, path, body: Array(text.utf8), headers: [("Content-Type", "application/json")] + headers)
    }

    struct Response: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: Data

        var text: String { String(decoding: body, as: UTF8.self) }
        func member(_ name: String) -> Any? { (try? JSONSerialization.jsonObject(with: body) as? [String: Any])?[name] }
    }

    struct StartFailure: Error, CustomStringConvertible {
        var log: String
        var description: String { "The server did not start: \(log)" }
    }
}

/// Runs `body` with a server that is gone afterwards.
func withServer(_ arguments: [String] = [], _ body: (ServerProcess) async throws -> Void) async throws {
    let server = try await ServerProcess.start(arguments)
    do {
        try await body(server)
    } catch {
        await server.remove()
        throw error
    }
    await server.remove()
}

/// Runs `before`, kills the server with SIGKILL, starts another on the same folder, runs `after`, and verifies the ledger.
func withCrash<Kept>(
    before: (ServerProcess) async throws -> Kept, after: (ServerProcess, Kept) async throws -> Void
) async throws {
    let server = try await ServerProcess.start()
    do {
        let kept = try await before(server)
        await server.crash()
        let again = try await ServerProcess.start(folder: server.folder)
        do {
            try await after(again, kept)
        } catch {
            await again.remove()
            throw error
        }
        #expect(await again.stop() == 0)
        let verification = try await Command.dhow("ledger", "verify", "--data", server.folder.path)
        #expect(verification.status == 0, "\(verification.errors)")
    } catch {
        await server.remove()
        throw error
    }
    await server.remove()
}
