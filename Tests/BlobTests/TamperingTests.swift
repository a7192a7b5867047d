// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("Tampering with blob files")
struct TamperingTests {
    private static let segments = 12288
    private static let stride = 65552

    /// A world with one blob of three segments, the last one short.
    private func victim() async throws -> (BlobWorld, bytes: [UInt8], BlobDigest, path: String) {
        let world = try await BlobWorld()
        var generator = SeededGenerator(state: 11)
        let bytes = generator.bytes(150_000)
        let digest = try await world.store.put(bytes).digest
        return (world, bytes, digest, try #require(world.blobFiles.first))
    }

    /// Changes the file, reads the blob and its first byte, and expects refusals that name the digest and give out true bytes only.
    private func expectRefusal(
        _ what: String, givenOut: Int = 0, code: String = "blob.content.corrupt", _ change: (inout Data) -> Void
    ) async throws {
        let (world, bytes, digest, path) = try await victim()
        defer { world.remove() }
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&file)
        try file.write(to: URL(fileURLWithPath: path))
        var got: [UInt8] = []
        let refused = await problem {
            for try await chunk in try await world.store.get(digest, range: nil).bytes { got += chunk }
        }
        #expect(refused?.kind == .internal, "\(what)")
        #expect(refused?.code == code, "\(what)")
        if code == "blob.content.corrupt" { #expect(refused?.what.contains(digest.hexadecimal) == true, "\(what)") }
        #expect(got == Array(bytes.prefix(givenOut)), "\(what)")
        // Storing the bytes again heals the blob.
        try await world.store.put(bytes)
        #expect(try await world.store.bytes(digest) == bytes, "\(what)")
    }

    @Test(
        "a flipped bit fails wherever it counts",
        arguments: [
            0, 8, 9, 10, 11, 12, 43, 44, 50, 51, 63, 64, 95, 127, 128, 4095, 4096, 4104, 4112, 4120, 4200, 8100, 8191, 12288, 77839, 77840,
            143_391,
            143_392, 162_335,
        ])
    func flippedBit(offset: Int) async throws {
        let isHeader = offset == 12 || offset == 43 || offset == 44 || offset == 50
        // Salt and nonce prefix have no fixed value to compare with: there the data key does not unwrap.
        try await expectRefusal("offset \(offset)", code: isHeader ? "key.unwrap.failed" : "blob.content.corrupt") {
            $0[offset] ^= 0x10
        }
    }

    @Test("a missing end fails")
    func truncation() async throws {
        for length in [0, 63, 4096, 12287, 12288, 12303, Self.segments + Self.stride, Self.segments + 2 * Self.stride, 162_335] {
            try await expectRefusal("cut to \(length)") { $0.removeLast($0.count - length) }
        }
    }

    @Test("bytes after the end fail")
    func extension_() async throws {
        try await expectRefusal("one byte more") { $0.append(0) }
        try await expectRefusal("a segment more") { $0.append($0[Self.segments..<Self.segments + Self.stride]) }
    }

    @Test("segments in another order, or twice, fail")
    func order() async throws {
        let first = Self.segments..<Self.segments + Self.stride
        let second = Self.segments + Self.stride..<Self.segments + 2 * Self.stride
        try await expectRefusal("swapped") {
            let one = Data($0[first])
            $0.replaceSubrange(first, with: Data($0[second]))
            $0.replaceSubrange(second, with: one)
        }
        try await expectRefusal("first twice") { $0.replaceSubrange(second, with: Data($0[first])) }
    }

    @Test("a file of another blob in its place fails")
    func exchange() async throws {
        let (world, _, digest, path) = try await victim()
        defer { world.remove() }
        let other = try await world.store.put([1, 2, 3]).digest
        let otherPath = try #require(world.blobFiles.first { $0 != path })
        try Data(contentsOf: URL(fileURLWithPath: otherPath)).write(to: URL(fileURLWithPath: path))
        #expect(await problem { _ = try await world.store.bytes(digest) }?.code == "blob.content.corrupt")
        #expect(try await world.store.list(after: nil, limit: 10).map(\.digest) == [other])
        #expect(try await world.store.unreadable() == [(path as NSString).lastPathComponent])
    }

    @Test("a header and manifest of the same blob's older file fail with the newer segments")
    func mixture() async throws {
        let (world, bytes, digest, path) = try await victim()
        defer { world.remove() }
        let older = try Data(contentsOf: URL(fileURLWithPath: path))
        try await world.store.put(bytes)
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        file.replaceSubrange(..<Self.segments, with: older[..<Self.segments])
        try file.write(to: URL(fileURLWithPath: path))
        #expect(await problem { _ = try await world.store.bytes(digest) }?.code == "blob.content.corrupt")
    }

    @Test("a range needs only its own segments, and gives out nothing of a damaged one")
    func rangesAroundDamage() async throws {
        let (world, bytes, digest, path) = try await victim()
        defer { world.remove() }
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        file[Self.segments + Self.stride + 100] ^= 1
        try file.write(to: URL(fileURLWithPath: path))
        #expect(try await world.store.bytes(digest, range: 0..<65536) == Array(bytes[..<65536]))
        #expect(try await world.store.bytes(digest, range: 131_072..<150_000) == Array(bytes[131_072...]))
        #expect(await problem { _ = try await world.store.bytes(digest, range: 65000..<65537) }?.code == "blob.content.corrupt")
    }

    @Test("a damaged slot not in use changes nothing")
    func unusedSlot() async throws {
        let (world, bytes, digest, path) = try await victim()
        defer { world.remove() }
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        file[8192 + 9] = 0xFF
        try file.write(to: URL(fileURLWithPath: path))
        #expect(try await world.store.bytes(digest) == bytes)
    }
}
