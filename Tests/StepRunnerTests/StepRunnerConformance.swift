// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("Every step runner", .timeLimit(.minutes(2)))
struct StepRunnerConformance {
    @Test("runs a command in its working folder and reports success", arguments: TestedRunner.allCases)
    func success(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.shell("a1", "pwd; echo made >result; echo error >&2"))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try await world.runner.state(of: "a1") == .succeeded)
        #expect(try world.text("result") == "made\n")
        let physical = URL(fileURLWithPath: world.work).resolvingSymlinksInPath().path
        #expect(try await world.log(of: "a1") == "\(physical)\nerror\n")
    }

    @Test("reports exit codes", arguments: TestedRunner.allCases, [1, 3, 64, 128])
    func exitCode(_ kind: TestedRunner, code: Int) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.shell("a1", "exit \(code)"))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: code))
    }

    @Test("reports death by a signal, and writes nothing of its own into the log", arguments: TestedRunner.allCases, [9, 15, 6, 2])
    func signal(_ kind: TestedRunner, signal: Int) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.shell("a1", "kill -\(signal) $$"))
        #expect(try await world.runner.wait(for: "a1") == .killed(signal: signal))
        #expect(try await world.log(of: "a1") == "")
    }

    @Test("says in the log which program is missing and reports 127", arguments: TestedRunner.allCases)
    func missingProgram(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.attempt("a1", ["no-such-program", "x"]))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 127))
        #expect(try await world.log(of: "a1") == "dhow: the program 'no-such-program' was not found in PATH (/usr/bin:/bin).\n")
    }

    @Test("ends an attempt at its time limit", arguments: TestedRunner.allCases)
    func timeout(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let never = world.fifo("never")
        try await world.runner.submit(world.shell("a1", "read line <never", timeout: 1))
        #expect(try await world.runner.wait(for: "a1") == .timedOut)
        _ = never
    }

    @Test("does not wait for the rest of the time limit", arguments: TestedRunner.allCases)
    func timeoutNotReached(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.shell("a1", "exit 4", timeout: 3600))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 4))
    }

    @Test("bounds the address space of each process where there are no control groups", arguments: TestedRunner.allCases)
    func memory(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind, StepRunnerSettings(usesControlGroups: false))
        try await world.runner.submit(world.shell("a1", "ulimit -v", AttemptResources(memoryBytes: 1 << 30)))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try await world.log(of: "a1") == "1048576\n")
    }

    @Test("cancels a child that ends on SIGTERM, and one that ignores it", arguments: TestedRunner.allCases, [true, false])
    func cancel(_ kind: TestedRunner, ignoring: Bool) async throws {
        let world = try StepWorld(kind)
        let ready = world.fifo("ready")
        _ = world.fifo("never")
        let script = (ignoring ? "trap '' TERM; " : "") + "echo up >ready; while :; do read line <never; done"
        try await world.runner.submit(world.shell("a1", script))
        #expect(await ready.line() == "up")
        #expect(try await world.runner.state(of: "a1") == .running)
        try await world.runner.cancel("a1", grace: ignoring ? .milliseconds(50) : .seconds(3600))
        #expect(try await world.runner.wait(for: "a1") == .cancelled)
        try await world.runner.cancel("a1", grace: .zero)
        #expect(try await world.runner.state(of: "a1") == .cancelled)
    }

    @Test("never runs to its end what was cancelled right after it was submitted", arguments: TestedRunner.allCases)
    func cancelAtOnce(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        _ = world.fifo("never")
        for number in 1...20 {
            try await world.runner.submit(world.shell("a\(number)", "read line <never"))
            try await world.runner.cancel("a\(number)", grace: .seconds(3600))
            #expect(try await world.runner.wait(for: "a\(number)") == .cancelled)
        }
    }

    @Test("leaves no process behind that forked twice and leads a session of its own", arguments: TestedRunner.allCases)
    func orphans(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let alive = world.fifo("alive")
        _ = world.fifo("never")
        let ready = world.fifo("ready")
        async let closed: Void = alive.closed()
        let script = """
            exec 9>alive
            setsid sh -c '(trap "" TERM HUP; setsid sh -c "echo up >ready; read line <never") & exit' &
            read line <more
            exit 5
            """
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", script))
        #expect(await ready.line() == "up")
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 5))
        close(descriptor)
        await closed
    }

    @Test("tells what an ended attempt used, and nothing of one that runs", arguments: TestedRunner.allCases)
    func usage(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; read line <more; exit 3"))
        #expect(try await world.runner.end(of: "a1") == nil)
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 3))
        close(descriptor)
        let end = try #require(try await world.runner.end(of: "a1"))
        #expect(end.state == .failed(exitCode: 3))
        #expect(end.limit == nil)
        #expect(end.processorTime > .zero)
        #expect(end.peakMemoryBytes > 100 << 10)
    }

    @Test("tells a program that exits with 137 from one that was killed", arguments: TestedRunner.allCases)
    func exitLikeSignal(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        try await world.runner.submit(world.shell("a1", "exit 137"))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 137))
    }

    @Test("kills within the grace of a later, more impatient cancellation", arguments: TestedRunner.allCases)
    func impatience(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let ready = world.fifo("ready")
        _ = world.fifo("never")
        try await world.runner.submit(world.shell("a1", "trap '' TERM; echo up >ready; while :; do read line <never; done"))
        #expect(await ready.line() == "up")
        try await world.runner.cancel("a1", grace: .seconds(3600))
        try await world.runner.cancel("a1", grace: .zero)
        #expect(try await world.runner.wait(for: "a1") == .cancelled)
    }

    @Test("gives a command that ignores SIGTERM the grace of its specification at the time limit", arguments: TestedRunner.allCases)
    func timeLimitGrace(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        _ = world.fifo("never")
        var attempt = world.shell("a1", "trap 'echo asked' TERM; exec 8<>never; while :; do read line <&8; done", timeout: 1)
        attempt.grace = .milliseconds(100)
        try await world.runner.submit(attempt)
        #expect(try await world.runner.wait(for: "a1") == .timedOut)
        #expect(try await world.log(of: "a1").hasPrefix("asked"))
    }

    @Test("leaves no grandchild behind, not even in another process group", arguments: TestedRunner.allCases)
    func grandchildren(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let alive = world.fifo("alive")
        _ = world.fifo("never")
        let ready = world.fifo("ready")
        async let closed: Void = alive.closed()
        // The pipe is open for writing in each grandchild, so it closes only when all of them are gone.
        let script = """
            exec 9>alive
            sh -c 'trap "" TERM HUP; read line <never' &
            bash -c 'set -m; (trap "" TERM HUP; read line <never) &' 
            echo up >ready
            exit 0
            """
        try await world.runner.submit(world.shell("a1", script))
        #expect(await ready.line() == "up")
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        await closed
    }

    @Test("cancelling kills grandchildren that ignore SIGTERM", arguments: TestedRunner.allCases)
    func cancelledGrandchildren(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let alive = world.fifo("alive")
        _ = world.fifo("never")
        let ready = world.fifo("ready")
        async let closed: Void = alive.closed()
        let script = """
            exec 9>alive
            (trap "" TERM; while :; do read line <never; done) &
            bash -c 'set -m; (trap "" TERM HUP; read line <never) & wait' &
            echo up >ready
            while :; do read line <never; done
            """
        try await world.runner.submit(world.shell("a1", script))
        #expect(await ready.line() == "up")
        try await world.runner.cancel("a1", grace: .milliseconds(50))
        #expect(try await world.runner.wait(for: "a1") == .cancelled)
        await closed
    }

    @Test("gives the log by byte offset while the attempt runs, and bytes that are no text unchanged", arguments: TestedRunner.allCases)
    func logOffsets(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let ready = world.fifo("ready")
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", #"printf '\377\000\300abc'; echo up >ready; read line <more; printf 'def'"#))
        #expect(await ready.line() == "up")
        #expect(try await world.runner.log(of: "a1", from: 0, limit: 100) == [0xFF, 0, 0xC0, 97, 98, 99])
        #expect(try await world.runner.log(of: "a1", from: 3, limit: 2) == [97, 98])
        #expect(try await world.runner.log(of: "a1", from: 6, limit: 100) == [])
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        close(descriptor)
        #expect(try await world.runner.log(of: "a1", from: 6, limit: 100) == Array("def".utf8))
        #expect(try await world.runner.log(of: "a1", from: 1000, limit: 100) == [])
    }

    @Test("cuts a log that is too long and lets the step go on", arguments: TestedRunner.allCases)
    func bigOutput(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind, logLimit: 1000)
        try await world.runner.submit(world.shell("a1", "head -c 20000000 /dev/zero && echo whole >result"))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try world.text("result") == "whole\n")
        let all = try await world.runner.log(of: "a1", from: 0, limit: 1 << 20)
        let notice = "\ndhow: the log was cut at 1000 bytes; the step went on.\n"
        #expect(all == [UInt8](repeating: 0, count: 1000) + Array(notice.utf8))
        // Read in pieces of any size it is the same.
        for size in [7, 500, 1001] {
            var pieces: [UInt8] = []
            while case let piece = try await world.runner.log(of: "a1", from: Int64(pieces.count), limit: size), !piece.isEmpty {
                pieces += piece
            }
            #expect(pieces == all)
        }
    }

    @Test("keeps a log of exactly the limit whole", arguments: TestedRunner.allCases)
    func exactOutput(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind, logLimit: 1000)
        try await world.runner.submit(world.shell("a1", "head -c 1000 /dev/zero"))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try await world.runner.log(of: "a1", from: 0, limit: 1 << 20).count == 1000)
    }

    @Test("runs an attempt once however often it is submitted", arguments: TestedRunner.allCases)
    func idempotence(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let runners = [world.runner, try world.secondRunner()]
        let attempt = world.shell("a1", "echo ran >>count")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<32 {
                group.addTask { try await runners[index % 2].submit(attempt) }
            }
            try await group.waitForAll()
        }
        for runner in runners { #expect(try await runner.wait(for: "a1") == .succeeded) }
        try await world.runner.submit(attempt)
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try world.text("count") == "ran\n")
    }

    @Test("gives the child its own environment and nothing else", arguments: TestedRunner.allCases)
    func environment(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        setenv("DHOW_TEST_SECRET", "inherited", 1)
        try await world.runner.submit(world.attempt("a1", ["env"], timeout: 60))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        let lines = Set(try await world.log(of: "a1").split(separator: "\n").map(String.init))
        #expect(lines == ["PATH=/usr/bin:/bin", "STEP=one two"])
    }

    @Test("gives the child no open files but input, output and error, and no blocked or ignored signals", arguments: TestedRunner.allCases)
    func descriptors(_ kind: TestedRunner) async throws {
        let world = try StepWorld(kind)
        let inherited = open("/dev/null", O_RDONLY)
        defer { close(inherited) }
        try await world.runner.submit(
            world.shell("a1", "readlink /proc/$$/fd/0; ls -x /proc/$$/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status"))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        let words = try await world.log(of: "a1").split(whereSeparator: \.isWhitespace)
        #expect(words.prefix(6) == ["/dev/null", "0", "1", "2", "SigBlk:", "0000000000000000"])
        // glibc's posix_spawn leaves its two internal signals, 32 and 33, ignored.
        let ignored = try #require(words.last.flatMap { UInt64($0, radix: 16) })
        #expect(ignored & ~0x1_8000_0000 == 0)
    }
}
