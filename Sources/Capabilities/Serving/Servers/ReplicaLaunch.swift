// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// Starts and ends the replicas of one model as supervised processes, each in a folder of its own.
struct ReplicaLaunch: Sendable {
    /// A path that a socket can be bound to has at most this many bytes.
    private static let longestSocket = 100

    struct Started: Sendable {
        var attemptID: String
        var address: LocalServerAddress
    }

    let runner: any StepRunner
    let settings: ModelServerSettings
    /// Of the model: `model` lies in it, and a folder for each replica.
    let folder: String
    /// Begins the name of each attempt.
    let id: String
    let modelName: String

    func start(_ replica: Int) async throws -> Started {
        let working = "\(folder)/\(replica)"
        try FileManager.default.createDirectory(atPath: working, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let address: LocalServerAddress = settings.listensOnSocket ? .socket(working + "/s") : .port(try Self.freePort())
        if case .socket(let path) = address, path.utf8.count > Self.longestSocket {
            throw Problem(
                .unavailable, "serving.server.socket-too-long", "The model's server cannot listen: its socket's path is too long.",
                why: "'\(path.printable)' has \(path.utf8.count) bytes; the system takes \(Self.longestSocket).",
                fix: "Use a data folder with a shorter path, or {port} in the command.")
        }
        let attempt = AttemptSpecification(
            attemptID: "\(id)-\(replica)", command: settings.command.map { filled($0, address) },
            environment: settings.environment.merging(["HOME": working]) { $1 }, workingFolder: working,
            resources: AttemptResources(memoryBytes: settings.memoryBytes),
            isolation: .sandbox(isRequired: settings.requiresSandbox, hasNetwork: !settings.listensOnSocket), shownFolders: [modelFolder],
            grace: settings.grace, endsWithServer: true)
        try await runner.submit(attempt)
        return Started(attemptID: attempt.attemptID, address: address)
    }

    func ended(_ started: Started) async throws -> AttemptState { try await runner.wait(for: started.attemptID) }

    func stop(_ started: Started) async { try? await runner.cancel(started.attemptID, grace: settings.grace) }

    /// The last line that the replica wrote, as far as its log is kept; nil when it wrote none.
    func lastWords(of started: Started) async -> String? {
        let part = 1 << 20
        var offset: Int64 = 0
        var end: [UInt8] = []
        while let bytes = try? await runner.log(of: started.attemptID, from: offset, limit: part), !bytes.isEmpty {
            end = (end + bytes).suffix(4096)
            offset += Int64(bytes.count)
        }
        return String(decoding: end, as: UTF8.self).split(whereSeparator: \.isNewline)
            .last { !$0.allSatisfy(\.isWhitespace) }.map { String($0.prefix(300)).printable }
    }

    /// Removes what an ended replica left.
    func remove(_ replica: Int, _ started: Started?) async {
        if let started { try? await runner.forget(started.attemptID) }
        try? FileManager.default.removeItem(atPath: "\(folder)/\(replica)")
    }

    func removeAll() { try? FileManager.default.removeItem(atPath: folder) }

    var modelFolder: String { folder + "/model" }

    private func filled(_ argument: String, _ address: LocalServerAddress) -> String {
        let text = argument.replacing("{model}", with: modelFolder).replacing("{name}", with: modelName)
        return switch address {
        case .port(let port): text.replacing("{port}", with: String(port))
        case .socket(let path): text.replacing("{socket}", with: path)
        }
    }

    /// A port that nobody listens on now. Should another take it before the server does, the server ends, and the next start takes another.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { if descriptor >= 0 { close(descriptor) } }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else {
            throw Problem(
                .unavailable, "serving.server.no-port", "There is no port for the model's server.", why: String(cString: strerror(errno)))
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
