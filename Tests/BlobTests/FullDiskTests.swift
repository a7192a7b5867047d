// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

/// A file system of 1 MiB in memory; only root may mount one.
private struct SmallDisk: ~Copyable {
    let path: String

    static let isPossible: Bool = {
        guard geteuid() == 0, let disk = try? SmallDisk() else { return false }
        _ = consume disk
        return true
    }()

    init() throws {
        path = BlobWorld.newFolder()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) else {
            throw Problem(.unavailable, "test.mount.refused", "No file system can be mounted here.")
        }
    }

    deinit {
        _ = Self.run("umount", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite("A full disk")
struct FullDiskTests {
    @Test(
        "refuses a put with storageFull, keeps what is stored readable, and takes puts again when there is room",
        .enabled(if: SmallDisk.isPossible, "Mounting a small file system needs root and the right to mount."))
    func full() async throws {
        let disk = try SmallDisk()
        let vault = try KeyFileVault(path: disk.path + "/keys.json")
        let store = try await LocalBlobStore(folder: disk.path + "/blobs", vault: vault)
        let small = try await store.put([1, 2, 3]).digest
        let large = try await store.put([UInt8](repeating: 1, count: 600_000)).digest
        let refused = await problem { try await store.put([UInt8](repeating: 2, count: 600_000)) }
        #expect(refused?.kind == .storageFull)
        #expect(refused?.code == "blob.storage.full")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/blobs/incoming").isEmpty)
        #expect(try await store.bytes(small) == [1, 2, 3])
        #expect(try await store.bytes(large).count == 600_000)
        try await store.delete(large)
        #expect(try await store.put([UInt8](repeating: 2, count: 600_000)).size == 600_000)
    }

    @Test(
        "a rotation on a full disk keeps the old key file",
        .enabled(if: SmallDisk.isPossible, "Mounting a small file system needs root and the right to mount."))
    func rotation() async throws {
        let disk = try SmallDisk()
        let vault = try KeyFileVault(path: disk.path + "/keys.json")
        let id = try await vault.currentKeyID
        #expect(FileManager.default.createFile(atPath: disk.path + "/filler", contents: nil))
        let filler = try #require(FileHandle(forWritingAtPath: disk.path + "/filler"))
        while (try? filler.write(contentsOf: Data(count: 4096))) != nil {}
        #expect(await problem { _ = try await vault.rotate() }?.code == "key.storage.full")
        #expect(try await vault.currentKeyID == id)
        #expect(try await KeyFileVault(path: disk.path + "/keys.json").currentKeyID == id)
    }
}
