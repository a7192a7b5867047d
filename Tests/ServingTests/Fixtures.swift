// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import OnnxRuntime
import Serving
import Synchronization

/// The models in Tests/Golden/onnx, and the installed library.
enum Fixtures {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func runtime() throws -> any ModelRuntime {
        try OnnxModelRuntime(OnnxRuntimeLibrary.locate(explicit: nil, environment: [:], besides: [project.path]))
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: project.appendingPathComponent("Tests/Golden/onnx/\(name)")))
    }

    static func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
    }
}

/// What scikit-learn answered for the 90 rows; see Tests/Golden/onnx/make_models.py.
struct Expected: Decodable {
    struct Answers: Decodable {
        var label: [Int64]
        var probabilities: [[Double]]
    }

    var rows: [[Float]]
    var logisticRegression: Answers
    var gradientBoosting: Answers

    enum CodingKeys: String, CodingKey {
        case rows
        case logisticRegression = "logistic_regression"
        case gradientBoosting = "gradient_boosting"
    }

    func features(_ count: Int? = nil) -> Tensor {
        let rows = rows.prefix(count ?? rows.count)
        return Tensor(name: "features", shape: [rows.count, 15], values: .float32(rows.flatMap(\.self)))
    }
}

final class HandClock: WallClock, Sendable {
    private let time: Mutex<Timestamp>

    init(_ milliseconds: Int64 = 1_800_000_000_000) { time = Mutex(Timestamp(milliseconds: milliseconds)) }

    func now() -> Timestamp { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Blobs in memory that count how often each is read.
final class MemoryBlobs: BlobStore, Sendable {
    private struct State {
        var blobs: [BlobDigest: [UInt8]] = [:]
        var reads = 0
    }

    private let state = Mutex(State())

    var reads: Int { state.withLock { $0.reads } }

    /// Under a digest of the test's own: content addressing is not what is tested here.
    func keep(_ bytes: [UInt8], number: UInt8) -> BlobDigest {
        let digest = BlobDigest(sha256: [UInt8](repeating: number, count: 32))
        state.withLock { $0.blobs[digest] = bytes }
        return digest
    }

    func put(_ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, limit: Int64) async throws -> BlobInfo {
        var all: [UInt8] = []
        for try await chunk in bytes { all += chunk }
        let number = UInt8(state.withLock { $0.blobs.count } + 100)
        return BlobInfo(digest: keep(all, number: number), size: Int64(all.count), time: Timestamp(milliseconds: 0))
    }

    func get(_ digest: BlobDigest, range: Range<Int64>?) async throws -> BlobContent {
        let bytes = state.withLock { state in
            state.reads += 1
            return state.blobs[digest]
        }
        guard let bytes else { throw Problem(.notFound, "test.blobs.unknown", "No such blob.") }
        let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                continuation.yield(Array(bytes[start..<min(start + 1000, bytes.count)]))
            }
            continuation.finish()
        }
        let info = BlobInfo(digest: digest, size: Int64(bytes.count), time: Timestamp(milliseconds: 0))
        return BlobContent(info: info, range: 0..<Int64(bytes.count), bytes: stream)
    }

    func info(_ digest: BlobDigest) async throws -> BlobInfo? { nil }
    func delete(_ digest: BlobDigest) async throws {}
    func list(after digest: BlobDigest?, limit: Int) async throws -> [BlobInfo] { [] }
}

final class KnownFiles: VersionFiles, Sendable {
    private let files: Mutex<[ServedVersion: [ServedFile]]>

    init(_ files: [ServedVersion: [ServedFile]]) { self.files = Mutex(files) }

    func files(of version: ServedVersion) async throws -> [ServedFile] {
        guard let files = files.withLock({ $0[version] }) else { throw Problem(.notFound, "test.version.unknown", "No such version.") }
        return files
    }

    func set(_ files: [ServedFile], of version: ServedVersion) { self.files.withLock { $0[version] = files } }
}

/// Traffic set by hand that counts how often it is asked for.
final class HandTraffic: TrafficSource, Sendable {
    private struct State {
        var traffic: [EndpointName: EndpointTraffic] = [:]
        var asked = 0
    }

    private let state = Mutex(State())

    var asked: Int { state.withLock { $0.asked } }

    func set(_ endpoint: EndpointName, _ shares: [EndpointTraffic.Share], candidate: Int? = nil) {
        state.withLock { state in
            let before = state.traffic[endpoint]
            state.traffic[endpoint] = EndpointTraffic(
                endpoint: endpoint, version: (before?.version ?? 0) + 1, salt: "salt", shares: shares, candidate: candidate,
                settings: before?.settings ?? EndpointSettings(), settingsVersion: before?.settingsVersion ?? 0)
        }
    }

    func configure(_ endpoint: EndpointName, _ settings: EndpointSettings) {
        state.withLock { state in
            state.traffic[endpoint]?.settings = settings
            state.traffic[endpoint]?.settingsVersion += 1
        }
    }

    func traffic(changedSince time: Timestamp?, except known: [EndpointName: RouteState]) async throws -> [EndpointTraffic] {
        state.withLock { state in
            state.asked += 1
            return state.traffic.values.filter { known[$0.endpoint] != $0.state }
        }
    }
}
