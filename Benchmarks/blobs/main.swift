// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

// `bench-blobs [MEBIBYTES] [FOLDER]` measures; `bench-blobs sample FOLDER` writes the small store that the vectors keep.

let arguments = Array(CommandLine.arguments.dropFirst())

if arguments.first == "sample", arguments.count == 2 {
    try await writeSample(into: arguments[1])
} else if let count = Int64(arguments.first ?? "2048"), count > 0 {
    try await measure(count << 20, in: arguments.dropFirst().first ?? NSTemporaryDirectory())
} else {
    FileHandle.standardError.write(Data("usage: bench-blobs [MEBIBYTES] [FOLDER] | bench-blobs sample FOLDER\n".utf8))
    exit(64)
}

func measure(_ size: Int64, in parent: String) async throws {
    let folder = parent + "/bench-blobs-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try await LocalBlobStore(folder: folder + "/blobs", vault: KeyFileVault(path: folder + "/keys.json"))
    print("\(size >> 20) MiB in chunks of 64 KiB, AES-256-GCM and SHA-256, fsync included")
    let info = try await Measurement.of("put", bytes: size) { try await store.put(CountingBytes(count: size), limit: size) }
    try await Measurement.of("get whole", bytes: size) {
        var read: Int64 = 0
        for try await chunk in try await store.get(info.digest, range: nil).bytes { read += Int64(chunk.count) }
        precondition(read == size, "The whole blob was read.")
    }
    try await Measurement.of("get 1,000 ranges of 1 KiB", bytes: 1000 << 10) {
        for index in 0..<Int64(1000) {
            let start = (index * 7_919_993) % Swift.max(1, size - 1024)
            for try await _ in try await store.get(info.digest, range: start..<start + 1024).bytes {}
        }
    }
    try await Measurement.of("put 200 blobs of 1 KiB, one after another", bytes: 200 << 10) {
        for seed in 0..<UInt64(200) { _ = try await store.put(CountingBytes(count: 1024, seed: seed + 1), limit: 1024) }
    }
}

func writeSample(into folder: String) async throws {
    let vault = try KeyFileVault(path: folder + "/keys.json")
    let store = try await LocalBlobStore(folder: folder, vault: vault)
    for size in [0, 1, 65537] {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 / 256 * 7) }
        _ = try await store.put(Once(bytes: bytes), limit: 1 << 20)
        // The first blob is re-wrapped, so that the sample has a used second slot.
        if size == 0 {
            _ = try await vault.rotate()
            _ = try await store.rewrap()
        }
    }
}
