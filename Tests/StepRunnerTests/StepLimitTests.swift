// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("A step's limits", .timeLimit(.minutes(2)))
struct StepLimitTests {
    private static let hasMemoryGroups = ProcessStepRunner.limitsKeptByControlGroups.contains(.memory)
    private static let hasProcessGroups = ProcessStepRunner.limitsKeptByControlGroups.contains(.processes)

    /// Fills memory with pages that cannot be shared.
    private static let eat = "exec python3 -c \"b = bytearray(300 << 20); print(len(b))\""

    @Test(
        "on memory end the whole attempt, say so, and leave no group behind",
        .enabled(if: hasMemoryGroups, "No control groups with the memory controller can be made here."))
    func memoryGroup() async throws {
        let world = try StepWorld(.process)
        try await world.runner.submit(world.shell("a1", Self.eat, AttemptResources(memoryBytes: 64 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .killed(signal: 9))
        #expect(try await world.runner.end(of: "a1")?.limit == .memory)
        #expect(try await world.log(of: "a1") == "\ndhow: the step used more than its \(64 << 20) bytes of memory.\n")
        let groups = try world.recorded("group", of: "a1")
        #expect(!groups.isEmpty)
        for group in groups { #expect(!FileManager.default.fileExists(atPath: group)) }
    }

    @Test(
        "on memory do not bound the address space where there are control groups",
        .enabled(if: hasMemoryGroups, "No control groups with the memory controller can be made here."))
    func addressSpace() async throws {
        let world = try StepWorld(.process)
        try await world.runner.submit(world.shell("a1", "ulimit -v", AttemptResources(memoryBytes: 64 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try await world.log(of: "a1") == "unlimited\n")
    }

    @Test("on memory make larger requests fail where there are no control groups")
    func memoryWithoutGroups() async throws {
        let world = try StepWorld(.process, StepRunnerSettings(usesControlGroups: false))
        try await world.runner.submit(world.shell("a1", Self.eat, AttemptResources(memoryBytes: 200 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 1))
        #expect(try await world.log(of: "a1").contains("MemoryError"))
        // Nobody can tell this from any other failure.
        #expect(try await world.runner.end(of: "a1")?.limit == nil)
    }

    @Test(
        "on processes stop a fork bomb, which is gone with its attempt",
        .enabled(if: hasProcessGroups, "No control groups with the pids controller can be made here."))
    func forkBomb() async throws {
        let world = try StepWorld(.process)
        let alive = world.fifo("alive")
        async let closed: Void = alive.closed()
        let script = "exec 9>alive; bomb() { bomb | bomb & }; bomb 2>/dev/null; read line <ready; exit 1"
        let ready = world.fifo("ready")
        try await world.runner.submit(world.shell("a1", script, AttemptResources(processes: 50)))
        let descriptor = ready.release()
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 1))
        close(descriptor)
        await closed
    }

    @Test(
        "on processes are named when a step fails for want of them",
        .enabled(if: hasProcessGroups, "No control groups with the pids controller can be made here."))
    func processes() async throws {
        let world = try StepWorld(.process)
        let script = "exec python3 -c \"import os; [os.fork() or os.read(os.pipe()[0], 1) for _ in range(20)]\""
        try await world.runner.submit(world.shell("a1", script, AttemptResources(processes: 8)))
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 1))
        #expect(try await world.runner.end(of: "a1")?.limit == .processes)
    }

    @Test("on disk end a step that writes one file too large")
    func oneLargeFile() async throws {
        let world = try StepWorld(.process)
        try await world.runner.submit(world.shell("a1", "head -c 8000000 /dev/zero >big; exit $?", AttemptResources(diskBytes: 1 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .killed(signal: Int(SIGXFSZ)))
        #expect(try await world.runner.end(of: "a1")?.limit == .disk)
        #expect(try await world.log(of: "a1").hasSuffix("dhow: the step used more than its \(1 << 20) bytes of disk.\n"))
    }

    @Test("on disk end a step that writes many files, and count all of them together")
    func manyFiles() async throws {
        let world = try StepWorld(.process)
        _ = world.fifo("never")
        let script = "for i in 1 2 3 4 5 6; do head -c 300000 /dev/urandom >part$i; done; while :; do read line <never; done"
        try await world.runner.submit(world.shell("a1", script, AttemptResources(diskBytes: 1 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .killed(signal: 15))
        #expect(try await world.runner.end(of: "a1")?.limit == .disk)
    }

    @Test("on disk let a step be that stays within them")
    func enoughDisk() async throws {
        let world = try StepWorld(.process)
        try await world.runner.submit(world.shell("a1", "head -c 300000 /dev/zero >part", AttemptResources(diskBytes: 1 << 20)))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        #expect(try await world.runner.end(of: "a1")?.limit == nil)
    }

    @Test(
        "aside, a full disk is named as the reason, and the runner goes on",
        .enabled(if: SmallDisk.isPossible, "Mounting a small file system needs root and the right to mount."))
    func fullDisk() async throws {
        let world = try StepWorld(.process)
        let disk = try SmallDisk()
        var attempt = world.shell("a1", "head -c 8000000 /dev/zero >big")
        attempt.workingFolder = disk.path
        try await world.runner.submit(attempt)
        #expect(try await world.runner.wait(for: "a1") == .failed(exitCode: 1))
        #expect(try await world.runner.end(of: "a1")?.limit == .diskFull)
        #expect(try await world.log(of: "a1").hasSuffix("dhow: the disk with the step's working folder is full.\n"))
        try await world.runner.submit(world.shell("a2", "exit 0"))
        #expect(try await world.runner.wait(for: "a2") == .succeeded)
    }

    @Test(
        "aside, a step on a full disk that also holds the runner's own folder still ends as what it was",
        .enabled(if: SmallDisk.isPossible, "Mounting a small file system needs root and the right to mount."))
    func fullRunnerDisk() async throws {
        let disk = try SmallDisk()
        let runner = try ProcessStepRunner(folder: disk.path + "/attempts")
        let world = try StepWorld(.process)
        var attempt = world.shell("a1", "cat /dev/zero >big; exit 3")
        attempt.workingFolder = disk.path
        try await runner.submit(attempt)
        #expect(try await runner.wait(for: "a1") == .failed(exitCode: 3))
        #expect(try await runner.end(of: "a1")?.limit == .diskFull)
        let problem = await #expect(throws: Problem.self) { try await runner.submit(world.shell("a2", "exit 0")) }
        #expect(problem?.kind == .storageFull)
        try FileManager.default.removeItem(atPath: disk.path + "/big")
        try await runner.submit(world.shell("a3", "exit 0"))
        #expect(try await runner.wait(for: "a3") == .succeeded)
    }

    @Test("on graphics cards are told to the command")
    func gpus() async throws {
        let world = try StepWorld(.process)
        let script = #"echo "${CUDA_VISIBLE_DEVICES-unset} ${NVIDIA_VISIBLE_DEVICES-unset}""#
        for (id, gpus, expected) in [("a1", [1, 3], "1,3 1,3\n"), ("a2", [], " void\n"), ("a3", nil, "unset unset\n")]
            as [(String, [Int]?, String)]
        {
            try await world.runner.submit(world.shell(id, script, AttemptResources(gpus: gpus)))
            #expect(try await world.runner.wait(for: id) == .succeeded)
            #expect(try await world.log(of: id) == expected)
        }
    }

    @Test("on graphics cards are found again after a restart for as long as the attempt runs")
    func heldGPUs() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "read line <more", AttemptResources(gpus: [0, 2])))
        let second = try ProcessStepRunner(folder: world.root + "/attempts")
        #expect(try await second.heldGPUs() == ["a1": [0, 2]])
        let descriptor = more.release()
        #expect(try await second.wait(for: "a1") == .succeeded)
        close(descriptor)
        #expect(try await second.heldGPUs().isEmpty)
    }
}

/// A file system of 1 MiB in memory; only root may mount one.
private struct SmallDisk: ~Copyable {
    let path = NSTemporaryDirectory() + "/steps-disk-\(UUID().uuidString)"

    static let isPossible: Bool = {
        guard geteuid() == 0, let disk = try? SmallDisk() else { return false }
        _ = consume disk
        return true
    }()

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) else {
            throw Problem(.unavailable, "test.mount.refused", "No file system can be mounted here.")
        }
    }

    deinit {
        _ = Self.run("umount", "-l", path)
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
