// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Synchronization

/// A folder of its own with a key file and a blob store; the test removes it.
final class BlobWorld: Sendable {
    let folder: String
    let clock = HandClock()
    let vault: KeyFileVault
    let store: LocalBlobStore

    init() async throws {
        folder = Self.newFolder()
        vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
        store = try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func newFolder() -> String {
        NSTemporaryDirectory() + "/dhow-blob-tests-" + UUID().uuidString
    }

    /// Paths below the blob folder, of files only.
    func files(in part: String) -> [String] {
        let root = folder + "/blobs/" + part
        let paths = FileManager.default.enumerator(atPath: root).map { $0.compactMap { $0 as? String } } ?? []
        return paths.map { root + "/" + $0 }.filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    var blobFiles: [String] { files(in: "blobs") }
}

/// Stands still until moved.
final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Given chunks, one after the other; then the failure, if any.
struct Chunks: AsyncSequence, Sendable {
    var chunks: [[UInt8]]
    var failure: Problem?

    init(_ chunks: [[UInt8]], failure: Problem? = nil) {
        self.chunks = chunks
        self.failure = failure
    }

    /// Cut at random places.
    init(_ bytes: [UInt8], using generator: inout SeededGenerator) {
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 0...200_000, using: &generator))
            chunks.append(Array(part))
            rest = rest.dropFirst(part.count)
        }
        self.init(chunks)
    }

    func makeAsyncIterator() -> Iterator { Iterator(rest: chunks[...], failure: failure) }

    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<[UInt8]>
        var failure: Problem?

        mutating func next() async throws -> [UInt8]? {
            if let chunk = rest.popFirst() { return chunk }
            if let failure { throw failure }
            return nil
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a failing case can be repeated from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes += $0 } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

extension BlobStore {
    @discardableResult
    func put(_ bytes: [UInt8]) async throws -> BlobInfo {
        try await put(Chunks([bytes]), limit: .max)
    }

    func bytes(_ digest: BlobDigest, range: Range<Int64>? = nil) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await chunk in try await get(digest, range: range).bytes { all += chunk }
        return all
    }
}

/// The problem that `body` throws.
func problem(_ body: () async throws -> Void) async -> Problem? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Problem
    }
}
