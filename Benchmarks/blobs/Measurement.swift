// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Wall and CPU seconds of one piece of work, and the most memory this process has had.
enum Measurement {
    @discardableResult
    static func of<Result>(_ name: String, bytes: Int64, _ body: () async throws -> Result) async throws -> Result {
        let cpu = processorSeconds()
        let start = ContinuousClock.now
        let result = try await body()
        let wall = (ContinuousClock.now - start) / .seconds(1)
        let used = processorSeconds() - cpu
        let mebibytes = Double(bytes) / 1_048_576
        print(
            String(
                format: "%.2f s wall, %.2f s CPU, %.0f MiB/s, %.0f MiB per CPU second, peak RSS %d KiB: ", wall, used, mebibytes / wall,
                mebibytes / used, peakKibibytes()) + name)
        return result
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// `VmHWM` of this process.
    private static func peakKibibytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}

/// `count` bytes in chunks of 64 KiB, every chunk different.
struct CountingBytes: AsyncSequence, Sendable {
    var count: Int64
    var seed: UInt64 = 0

    func makeAsyncIterator() -> Iterator {
        Iterator(left: count, state: seed)
    }

    struct Iterator: AsyncIteratorProtocol {
        var left: Int64
        var state: UInt64
        var chunk = [UInt8](repeating: 7, count: 65536)

        mutating func next() async throws -> [UInt8]? {
            guard left > 0 else { return nil }
            state += 1
            withUnsafeBytes(of: state) { bytes in
                for (index, byte) in bytes.enumerated() { chunk[index] = byte }
            }
            let size = Swift.min(left, Int64(chunk.count))
            left -= size
            return size == chunk.count ? chunk : Array(chunk.prefix(Int(size)))
        }
    }
}

struct Once: AsyncSequence, Sendable {
    var bytes: [UInt8]

    func makeAsyncIterator() -> Iterator {
        Iterator(bytes: bytes)
    }

    struct Iterator: AsyncIteratorProtocol {
        var bytes: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}
