// SPDX-License-Identifier: Apache-2.0

import API
import AsyncHTTPClient
import Domain
package import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Calls a Dhow server. Creating calls carry an `Idempotency-Key`, so that a call repeated after a lost answer happens once.
package struct DhowClient: Sendable {
    package let url: String
    private let authorization: String?
    private let workspace: String
    private let headers: [String: String]
    private let session: HTTPClient

    /// - Parameters:
    ///   - url: `http://HOST:PORT`, without a path.
    ///   - certificateAuthority: PEM file of the authority to trust in place of the system's.
    /// - Throws: `Problem` `.invalid` when that file holds no certificate.
    package init(url: String, token: String?, workspace: String = "default", certificateAuthority: String? = nil) throws {
        try self.init(
            url: url, authorization: token.map { "Bearer \($0)" }, workspace: workspace, certificateAuthority: certificateAuthority)
    }

    /// - Parameters:
    ///   - authorization: The header's whole value.
    ///   - headers: Further ones of every request.
    package init(
        url: String, authorization: String?, workspace: String, headers: [String: String] = [:], certificateAuthority: String? = nil
    ) throws {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.authorization = authorization
        self.workspace = workspace
        self.headers = headers
        session = try HTTPSession.trusting(certificateAuthority)
    }

    package func get<Answer: Decodable>(_ path: String, _ query: [String: String?] = [:], as type: Answer.Type = Answer.self) async throws
        -> Answer
    {
        try decode(try await send(.GET, path, query, body: nil, type: nil))
    }

    package func post<Answer: Decodable>(
        _ path: String, _ body: some Encodable, idempotencyKey: String = UUID().uuidString, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let data = try JSONEncoder().encode(body)
        return try decode(try await send(.POST, path, [:], body: .bytes(data), type: "application/json", idempotencyKey: idempotencyKey))
    }

    /// Putting the same thing twice is putting it once, so it needs no key.
    package func put<Answer: Decodable>(_ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self) async throws -> Answer {
        let data = try JSONEncoder().encode(body)
        return try decode(try await send(.PUT, path, [:], body: .bytes(data), type: "application/json"))
    }

    /// Changes what the body names, and nothing else.
    package func patch<Answer: Decodable>(_ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self) async throws -> Answer
    {
        let data = try JSONEncoder().encode(body)
        return try decode(try await send(.PATCH, path, [:], body: .bytes(data), type: "application/json"))
    }

    package func delete<Answer: Decodable>(_ path: String, _ query: [String: String?] = [:], as type: Answer.Type = Answer.self)
        async throws -> Answer
    {
        try decode(try await send(.DELETE, path, query, body: nil, type: nil))
    }

    /// The body of the answer, at most 64 MiB.
    package func bytes(_ path: String, _ query: [String: String?] = [:]) async throws -> Data {
        try await send(.GET, path, query, body: nil, type: nil)
    }

    /// Writes the body of the answer into a file as it comes, whatever its size; what was there is replaced when all of it has come.
    ///
    /// - Returns: How many bytes were written.
    package func download(_ path: String, _ query: [String: String?] = [:], to file: URL) async throws -> Int64 {
        let part = file.deletingLastPathComponent().appending(path: ".\(file.lastPathComponent).\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: part.path, contents: nil), let handle = try? FileHandle(forWritingTo: part) else {
            throw Problem(.invalid, "client.file.unwritable", "'\(file.path)' cannot be written.", fix: "Choose another --output.")
        }
        do {
            var size: Int64 = 0
            let response = try await execute(.GET, path, query, body: nil, type: nil)
            for try await chunk in response.body {
                try handle.write(contentsOf: chunk.readableBytesView)
                size += Int64(chunk.readableBytes)
            }
            try handle.close()
            guard rename(part.path, file.path) == 0 else {
                throw Problem(.invalid, "client.file.unwritable", "'\(file.path)' cannot be written.", fix: "Choose another --output.")
            }
            return size
        } catch {
            try? FileManager.default.removeItem(at: part)
            throw error
        }
    }

    /// Sends a file's bytes as they are read; memory does not grow with the file.
    ///
    /// - Parameter progress: Told how many bytes have been read of how many, about every 256 KiB.
    package func upload<Answer: Decodable>(
        _ file: URL, to path: String, _ query: [String: String?] = [:], method: String = "PUT",
        progress: (@Sendable (_ read: Int64, _ size: Int64) -> Void)? = nil, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: file)
        } catch {
            throw Problem(.invalid, "client.file.unreadable", "'\(file.path)' cannot be read.", why: error.localizedDescription)
        }
        let size = try Int64(handle.seekToEnd())
        try handle.seek(toOffset: 0)
        let body = HTTPClientRequest.Body.stream(FileChunks(handle: handle, size: size, progress: progress), length: .known(size))
        return try decode(try await send(HTTPMethod(rawValue: method), path, query, body: body, type: "application/octet-stream"))
    }

    /// Posts JSON and gives the bytes of an answer in lines as they come.
    func postForLines(_ path: String, _ body: Data, _ take: ([UInt8]) throws -> Void) async throws {
        let response = try await execute(
            .POST, path, [:], body: .bytes(body), type: "application/json", accept: "application/x-ndjson")
        for try await piece in response.body { try take(Array(piece.readableBytesView)) }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ query: [String: String?], body: HTTPClientRequest.Body?, type: String?,
        idempotencyKey: String? = nil
    ) async throws -> Data {
        let response = try await execute(method, path, query, body: body, type: type, idempotencyKey: idempotencyKey)
        return Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
    }

    /// - Throws: The `Problem` that the server answers with.
    private func execute(
        _ method: HTTPMethod, _ path: String, _ query: [String: String?], body: HTTPClientRequest.Body?, type: String?,
        idempotencyKey: String? = nil, accept: String? = nil
    ) async throws -> HTTPClientResponse {
        var components = URLComponents()
        components.percentEncodedPath = path.hasPrefix("/") ? path : "/" + path
        let items = query.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        if !items.isEmpty { components.queryItems = items.sorted { $0.name < $1.name } }
        var request = HTTPClientRequest(url: url + (components.string ?? path))
        request.method = method
        request.body = body
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "Dhow-Workspace", value: workspace)
        if let type { request.headers.add(name: "Content-Type", value: type) }
        if let accept { request.headers.add(name: "Accept", value: accept) }
        if let idempotencyKey { request.headers.add(name: "Idempotency-Key", value: idempotencyKey) }
        let response: HTTPClientResponse
        do {
            response = try await session.execute(request, timeout: .minutes(60))
        } catch {
            throw Problem(
                .unavailable, "client.server.unreachable", "No server answers at \(url).", why: "\(error)",
                fix: "Start one with 'dhow serve', or set DHOW_URL.")
        }
        guard (200..<300).contains(response.status.code) else {
            throw problem(
                status: Int(response.status.code), body: Data(try await response.body.collect(upTo: 64 << 20).readableBytesView))
        }
        return response
    }

    func decode<Answer: Decodable>(_ data: Data, as type: Answer.Type = Answer.self) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: data)
        } catch {
            throw Problem(
                .internal, "client.answer.unexpected", "The server's answer is not understood.", why: "\(error)",
                fix: "Use the same version of dhow on both sides.")
        }
    }

    private func problem(status: Int, body: Data) -> Problem {
        problem(status: status, try? JSONDecoder().decode(ProblemAnswer.self, from: body))
    }

    func problem(status: Int, _ details: ProblemAnswer?) -> Problem {
        let kind: Problem.Kind =
            switch status {
            case 400, 405: .invalid
            case 401: .unauthenticated
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 413: .tooLarge
            case 422: .rejected
            case 429: .exhausted
            case 507: .storageFull
            case 503: .unavailable
            default: .internal
            }
        return Problem(
            kind, details?.code ?? "server.answer.\(status)", details?.title ?? "The server answered \(status).", why: details?.detail,
            fix: details?.fix, faults: details?.errors)
    }
}

/// A file in pieces of 256 KiB.
private struct FileChunks: AsyncSequence, Sendable {
    let handle: FileHandle
    let size: Int64
    let progress: (@Sendable (Int64, Int64) -> Void)?

    struct AsyncIterator: AsyncIteratorProtocol {
        let file: FileChunks
        var position: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            guard let data = try file.handle.read(upToCount: 256 << 10), !data.isEmpty else { return nil }
            position += Int64(data.count)
            file.progress?(position, file.size)
            return ByteBuffer(bytes: data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: self) }
}
