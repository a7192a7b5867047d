// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Distribution
import Domain
import Foundation
import Synchronization

/// A registry in memory as the distribution specification 1.1 has it, with faults on demand. It keeps what came before a break, as the
/// specification allows and Debian's does not.
final class HandRegistry: EgressExchange, @unchecked Sendable {
    enum Fault {
        /// The connection breaks after so many bytes of the body have come, or of the answer have gone.
        case breaksAfter(Int)
        /// All is done, and the answer is lost.
        case losesAnswer
        case answers(Int, String)
    }

    struct State {
        var blobs: [String: [UInt8]] = [:]
        var manifests: [String: [UInt8]] = [:]
        var uploads: [String: [UInt8]] = [:]
        var requests: [String] = []
        /// Bytes of blobs that came.
        var received = 0
        var authorizations: [String] = []
    }

    let state = Mutex(State())
    var hasReferrers = true
    var hasRanges = true
    var challenge: String?
    /// What `Authorization` must be when there is a challenge.
    var admits = ""
    /// Answers for a server of tokens, by host.
    var tokens: [String: String] = [:]
    private let fault: Mutex<(@Sendable (EgressTransfer, Int) -> Fault?)?>

    init(fault: (@Sendable (EgressTransfer, _ number: Int) -> Fault?)? = nil) {
        self.fault = Mutex(fault)
    }

    var requests: [String] { state.withLock { $0.requests } }

    func exchange(_ request: EgressTransfer) async throws -> EgressStream {
        if let token = tokens[request.url.host] {
            state.withLock { $0.authorizations.append("\(request.url.target) \(Self.header(request, "Authorization") ?? "-")") }
            return Self.answer(200, "{\"token\":\"\(token)\"}")
        }
        let number = state.withLock { state in
            state.requests.append("\(request.method) \(request.url.target.split(separator: "?")[0])")
            return state.requests.count
        }
        if let challenge, Self.header(request, "Authorization") != admits {
            return Self.answer(401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}", [("WWW-Authenticate", challenge)])
        }
        switch fault.withLock({ $0?(request, number) }) {
        case .answers(let status, let body): return Self.answer(status, body)
        case .breaksAfter(let count):
            if request.method == "PATCH" {
                var part = request
                part.body = Array(request.body.prefix(count))
                _ = state.withLock { handle(part, &$0) }
                throw Self.broken
            }
            if request.method != "GET" { throw Self.broken }
            let whole = state.withLock { handle(request, &$0) }
            return EgressStream(status: whole.status, headers: whole.headers, body: Cut(bytes: whole.bytes, count: count))
        case .losesAnswer:
            _ = state.withLock { handle(request, &$0) }
            throw Self.broken
        case nil:
            let whole = state.withLock { handle(request, &$0) }
            return EgressStream(status: whole.status, headers: whole.headers, body: Cut(bytes: whole.bytes, count: nil))
        }
    }

    private typealias Whole = (status: Int, headers: [(name: String, value: String)], bytes: [UInt8])

    private func handle(_ request: EgressTransfer, _ state: inout State) -> Whole {
        let parts = request.url.target.split(separator: "?", maxSplits: 1)
        let path = String(parts[0])
        let query = parts.count > 1 ? String(parts[1]) : ""
        let name = String(path.split(separator: "/").last ?? "")
        if path.hasSuffix("/blobs/uploads/") {
            let id = "u\(state.uploads.count)"
            state.uploads[id] = []
            return (202, [("Location", "\(path)\(id)?state=x"), ("Range", "0-0")], [])
        }
        if path.contains("/blobs/uploads/") { return upload(request, name, query, &state) }
        if path.contains("/blobs/") {
            guard let blob = state.blobs[name] else { return (404, [], Array("{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}".utf8)) }
            if request.method == "HEAD" { return (200, [], []) }
            if hasRanges, let range = Self.header(request, "Range"), let start = Int(range.dropFirst(6).dropLast()) {
                return (206, [("Content-Range", "bytes \(start)-\(blob.count - 1)/\(blob.count)")], Array(blob[start...]))
            }
            return (200, [], blob)
        }
        if path.contains("/referrers/") {
            guard hasReferrers else { return (404, [], []) }
            let found = state.manifests.filter { $0.key.hasPrefix("sha256:") }.compactMap { key, bytes -> OCIDescriptor? in
                guard let manifest = try? JSONDecoder().decode(OCIManifest.self, from: Data(bytes)), manifest.subject?.digest == name,
                    let digest = BlobDigest(key)
                else { return nil }
                return OCIDescriptor(OCIManifest.mediaType, digest, size: Int64(bytes.count), artifactType: manifest.artifactType)
            }
            return (200, [], (try? OCIDocument(of: OCIIndex(manifests: found)).bytes) ?? [])
        }
        guard request.method == "PUT" else { return state.manifests[name].map { (200, [], $0) } ?? (404, [], []) }
        state.manifests[name] = request.body
        state.manifests[OCIDocument(request.body).digest.description] = request.body
        let hasSubject = (try? JSONDecoder().decode(OCIManifest.self, from: Data(request.body)))?.subject != nil
        return (201, hasSubject && hasReferrers ? [("OCI-Subject", "x")] : [], [])
    }

    private func upload(_ request: EgressTransfer, _ id: String, _ query: String, _ state: inout State) -> Whole {
        guard var bytes = state.uploads[id] else { return (404, [], []) }
        let location = (name: "Location", value: "\(request.url.target.split(separator: "?")[0])?state=y")
        switch request.method {
        case "GET": return (204, [location, ("Range", "0-\(max(bytes.count - 1, 0))")], [])
        case "PATCH":
            guard let range = Self.header(request, "Content-Range"), range.hasPrefix("\(bytes.count)-") else { return (416, [], []) }
            bytes += request.body
            state.received += request.body.count
            state.uploads[id] = bytes
            return (202, [location, ("Range", "0-\(bytes.count - 1)")], [])
        default:
            bytes += request.body
            state.received += request.body.count
            guard let digest = query.split(separator: "&").last(where: { $0.hasPrefix("digest=") })?.dropFirst(7) else {
                return (400, [], [])
            }
            guard OCIDocument(bytes).digest.description == digest else {
                return (400, [], Array("{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"other\"}]}".utf8))
            }
            state.uploads[id] = nil
            state.blobs[String(digest)] = bytes
            return (201, [], [])
        }
    }

    private static let broken = Problem(.unavailable, "egress.receiver.unreachable", "The connection broke.")

    private static func answer(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []) -> EgressStream {
        EgressStream(status: status, headers: headers, body: Cut(bytes: Array(body.utf8), count: nil))
    }

    private static func header(_ request: EgressTransfer, _ name: String) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    /// Bytes in pieces of a hundred, broken off after `count`.
    private struct Cut: AsyncSequence, Sendable {
        let bytes: [UInt8]
        let count: Int?

        struct AsyncIterator: AsyncIteratorProtocol {
            let cut: Cut
            var position = 0

            mutating func next() async throws -> [UInt8]? {
                if let count = cut.count, position >= count { throw HandRegistry.broken }
                guard position < cut.bytes.count else { return nil }
                let end = Swift.min(position + 100, cut.bytes.count)
                defer { position = end }
                return Array(cut.bytes[position..<end])
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cut: self) }
    }
}

extension OCIRegistry {
    /// With pieces of a thousand bytes and without pauses.
    static func testing(
        _ exchange: HandRegistry, _ place: String = "oci://127.0.0.1:5000/models/churn:1", credential: RegistryCredential? = nil,
        _ access: Access = .push
    ) throws -> OCIRegistry {
        var settings = Settings()
        settings.piece = 1_000
        settings.pause = .zero
        return OCIRegistry(try OCIReference(place), access, exchange: exchange, credential: credential, settings: settings)
    }
}
