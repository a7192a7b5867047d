// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Synchronization
import Testing

@Suite("A step's log", .timeLimit(.minutes(2)))
struct StepLogTests {
    @Test("can be followed to its end, bytes that are no text unchanged")
    func following() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", #"printf 'a\377\000'; read line <more; printf '\300b'; exit 3"#))
        var bytes: [UInt8] = []
        var descriptor: Int32 = -1
        for try await piece in world.runner.follow("a1") {
            bytes += piece
            if bytes.count == 3 { descriptor = more.release() }
        }
        close(descriptor)
        #expect(bytes == [97, 0xFF, 0, 0xC0, 98])
        #expect(try await world.runner.state(of: "a1") == .failed(exitCode: 3))
        var rest: [UInt8] = []
        for try await piece in world.runner.follow("a1", from: 3) { rest += piece }
        #expect(rest == [0xC0, 98])
    }

    @Test("is waited for until it has more, the attempt ends, or the waiting task is cancelled")
    func waiting() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        let end = world.fifo("end")
        try await world.runner.submit(world.shell("a1", "read line <more; echo one; read line <end"))
        let cancelled = Task { try await world.runner.waitForLog(of: "a1", beyond: 0) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        async let grown: Void = world.runner.waitForLog(of: "a1", beyond: 0)
        let first = more.release()
        try await grown
        #expect(try await world.log(of: "a1") == "one\n")
        try await world.runner.waitForLog(of: "a1", beyond: 3)
        async let ended: Void = world.runner.waitForLog(of: "a1", beyond: 4)
        let second = end.release()
        try await ended
        #expect(try await world.runner.state(of: "a1") == .succeeded)
        close(first)
        close(second)
    }

    @Test("of an attempt that another server started is followed too")
    func adopted() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "read line <more; echo one"))
        let second = try world.secondRunner()
        async let grown: Void = second.waitForLog(of: "a1", beyond: 0)
        let descriptor = more.release()
        try await grown
        #expect(try await second.wait(for: "a1") == .succeeded)
        close(descriptor)
    }

    @Test("that is cut can be followed to its notice")
    func cut() async throws {
        let world = try StepWorld(.process, logLimit: 1000)
        try await world.runner.submit(world.shell("a1", "head -c 3000000 /dev/zero"))
        var count = 0
        for try await piece in world.runner.follow("a1") { count += piece.count }
        #expect(count == 1000 + "\ndhow: the log was cut at 1000 bytes; the step went on.\n".utf8.count)
    }

    @Test("is cut while the step runs, so that it never fills the disk")
    func cutWhileRunning() async throws {
        let world = try StepWorld(.process, logLimit: 1000)
        let ready = world.fifo("ready")
        let script = """
            head -c 3000000 /dev/zero
            while [ "$(stat -c %s "$LOG")" -gt 1001 ]; do sleep 0.1; done
            echo up >ready
            """
        var attempt = world.shell("a1", script)
        attempt.environment["LOG"] = world.root + "/attempts/a1/log"
        try await world.runner.submit(attempt)
        #expect(await ready.line() == "up")
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
    }
}

@Suite("An archived log", .timeLimit(.minutes(2)))
struct LogArchiveTests {
    private func store(in world: StepWorld) async throws -> LocalBlobStore {
        try await LocalBlobStore(folder: world.root + "/blobs", vault: KeyFileVault(path: world.root + "/keys.json"))
    }

    @Test("is one text by byte offset, whatever it was cut into")
    func offsets() async throws {
        let world = try StepWorld(.process)
        let blobs = try await store(in: world)
        try await world.runner.submit(world.shell("a1", #"seq 1 2000; printf '\377\376end'"#))
        let archiver = LogArchiver(runner: world.runner, blobs: blobs, segmentSize: 1000)
        let archive = try await archiver.archive("a1") { _ in }
        let log = try await world.runner.log(of: "a1", from: 0, limit: 1 << 20)
        #expect(archive.isComplete)
        #expect(archive.size == Int64(log.count))
        #expect(archive.segments.dropLast().allSatisfy { $0.size == 1000 })
        for (offset, limit) in [(0, 1 << 20), (0, 1), (999, 2), (1000, 1000), (1500, 3000), (log.count - 1, 10), (log.count, 10)] {
            let expected = Array(log.dropFirst(offset).prefix(limit))
            #expect(try await archive.read(from: Int64(offset), limit: limit, in: blobs) == expected)
        }
        #expect(try await archive.read(from: -1, limit: 1, in: blobs) == [])
    }

    @Test("holds what was printed while the step still runs, in few segments however often it is kept")
    func whileRunning() async throws {
        let world = try StepWorld(.process)
        let blobs = try await store(in: world)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "echo one; read line <more; echo two; read line <more; echo three"))
        let archiver = LogArchiver(runner: world.runner, blobs: blobs, interval: .milliseconds(10))
        let kept = Mutex<[LogArchive]>([])
        let descriptors = Mutex<[Int32]>([])
        let archive = try await archiver.archive("a1") { state in
            kept.withLock { $0.append(state) }
            let text = String(decoding: try await state.read(from: 0, limit: 100, in: blobs), as: UTF8.self)
            // The step goes on only when what it printed is kept.
            if text == "one\n" || text == "one\ntwo\n" { descriptors.withLock { $0.append(more.release()) } }
        }
        descriptors.withLock { $0.forEach { close($0) } }
        #expect(kept.withLock { $0.count } >= 3)
        #expect(archive.segments.count == 1)
        #expect(archive.isComplete)
        #expect(try await archive.read(from: 0, limit: 100, in: blobs) == Array("one\ntwo\nthree\n".utf8))
    }

    @Test("goes on after a restart where it was kept")
    func resumed() async throws {
        let world = try StepWorld(.process)
        let blobs = try await store(in: world)
        try await world.runner.submit(world.shell("a1", "seq 1 1000"))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        struct Stopped: Error {}
        let archiver = LogArchiver(runner: world.runner, blobs: blobs, segmentSize: 700)
        let kept = Mutex(LogArchive())
        await #expect(throws: Stopped.self) {
            try await archiver.archive("a1") { state in
                kept.withLock { $0 = state }
                if state.segments.count == 2 { throw Stopped() }
            }
        }
        let partial = kept.withLock { $0 }
        #expect(!partial.isComplete)
        let archive = try await LogArchiver(runner: try world.secondRunner(), blobs: blobs, segmentSize: 700).archive("a1", after: partial)
        { _ in }
        #expect(archive.segments.prefix(2) == partial.segments.prefix(2))
        #expect(
            try await archive.read(from: 0, limit: 1 << 20, in: blobs) == world.runner.log(of: "a1", from: 0, limit: 1 << 20))
    }

    @Test("of a step that printed nothing has no segment")
    func empty() async throws {
        let world = try StepWorld(.process)
        let blobs = try await store(in: world)
        try await world.runner.submit(world.shell("a1", "exit 0"))
        let archive = try await LogArchiver(runner: world.runner, blobs: blobs).archive("a1") { _ in }
        #expect(archive == LogArchive(segments: [], isComplete: true))
    }

    @Test("of 200 MiB takes no more memory than a small one")
    func large() async throws {
        let world = try StepWorld(.process, logLimit: 1 << 30)
        let blobs = try await store(in: world)
        try await world.runner.submit(world.shell("a1", "head -c 209715200 /dev/zero"))
        let archiver = LogArchiver(runner: world.runner, blobs: blobs)
        let before = Self.peak()
        let archive = try await archiver.archive("a1") { _ in }
        #expect(archive.size == 200 << 20)
        #expect(archive.segments.count == 50)
        // Other tests of this process use memory meanwhile; a log in memory would be far beyond this.
        #expect(Self.peak() - before < 100 << 10)
        #expect(try await archive.read(from: (200 << 20) - 3, limit: 10, in: blobs) == [0, 0, 0])
    }

    /// `VmHWM` of this process, KiB.
    private static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}
