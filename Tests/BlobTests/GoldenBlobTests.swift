// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Testing

/// Written by `Tests/Golden/blobs/make_vectors.py` with the Python package `cryptography`.
private struct Vectors: Decodable {
    struct Wrapping: Decodable {
        var keyId: String
        var context: String
        var dataKey: String
        var wrapped: String
    }

    struct Blob: Decodable {
        var size: Int
        var time: Int64
        var digest: String
        var name: String
        var file: Data?
    }

    struct KeyFile: Codable {
        struct Key: Codable {
            var id: String
            var created: Int64
            var key: String
        }
        var format: String
        var current: String
        var keys: [Key]
        var seed: String
    }

    var keyFile: KeyFile
    var storeCheck: String
    var secrets: [String: String]
    var wrapping: Wrapping
    var blobs: [Blob]

    static func read() throws -> Vectors {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Golden/blobs/vectors.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Vectors.self, from: Data(contentsOf: path))
    }
}

@Suite("Blobs and keys written by an independent program")
struct GoldenBlobTests {
    private let folder = BlobWorld.newFolder()

    private func vault(_ vectors: Vectors) throws -> KeyFileVault {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let json = try JSONEncoder().encode(vectors.keyFile)
        #expect(FileManager.default.createFile(atPath: folder + "/keys.json", contents: json, attributes: [.posixPermissions: 0o600]))
        return try KeyFileVault(path: folder + "/keys.json")
    }

    @Test("the key file opens, its secrets and wrapped key agree")
    func keys() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vectors = try Vectors.read()
        let vault = try vault(vectors)
        #expect(try await vault.currentKeyID == vectors.keyFile.current)
        for (purpose, secret) in vectors.secrets {
            #expect(try await vault.secret(for: purpose).withUnsafeBytes { $0.lowercaseHexadecimal } == secret)
        }
        let wrapped = try #require([UInt8](hexadecimal: vectors.wrapping.wrapped))
        let context = try #require([UInt8](hexadecimal: vectors.wrapping.context))
        let key = try await vault.unwrap(WrappedKey(keyID: vectors.wrapping.keyId, bytes: wrapped), context: context)
        #expect(key.withUnsafeBytes { $0.lowercaseHexadecimal } == vectors.wrapping.dataKey)
    }

    @Test("a store made of its files opens, and every blob reads as it was written")
    func blobs() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let vectors = try Vectors.read()
        let vault = try vault(vectors)
        let manager = FileManager.default
        for blob in vectors.blobs {
            guard let file = blob.file else { continue }
            let parent = "\(folder)/blobs/blobs/\(blob.name.prefix(2))/\(blob.name.dropFirst(2).prefix(2))"
            try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
            #expect(manager.createFile(atPath: "\(parent)/\(blob.name)", contents: file))
        }
        let marker = #"{"check":"\#(vectors.storeCheck)","format":"dhow-blobs-1"}"#
        #expect(manager.createFile(atPath: folder + "/blobs/store.json", contents: Data(marker.utf8)))
        let store = try await LocalBlobStore(folder: folder + "/blobs", vault: vault)
        let whole = vectors.blobs.filter { $0.file != nil }
        #expect(whole.count == 3)
        #expect(try await store.list(after: nil, limit: 10).count == whole.count)
        for blob in whole {
            let digest = try #require(BlobDigest(blob.digest))
            let expected = (0..<blob.size).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 / 256 * 7) }
            #expect(try await store.bytes(digest) == expected)
            let info = BlobInfo(digest: digest, size: Int64(blob.size), time: Timestamp(milliseconds: blob.time))
            #expect(try await store.info(digest) == info)
        }
        // One of them is wrapped under the older key.
        #expect(try await store.rewrap() == RewrapReport(rewrapped: 1, current: 2))
    }
}
