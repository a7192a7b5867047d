// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("A process step runner", .timeLimit(.minutes(2)))
struct ProcessStepRunnerTests {
    private func supervisor(of id: String, in world: StepWorld) throws -> pid_t {
        try #require(pid_t(try world.recorded("supervisor", of: id).first ?? ""))
    }

    @Test("on the same folder adopts what another one started, while it runs and after its end")
    func adoption() async throws {
        let world = try StepWorld(.process)
        let ready = world.fifo("ready")
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "echo up >ready; read line <more; exit 7"))
        #expect(await ready.line() == "up")
        let second = try world.secondRunner()
        #expect(try await second.state(of: "a1") == .running)
        async let waited = second.wait(for: "a1")
        let descriptor = more.release()
        #expect(try await waited == .failed(exitCode: 7))
        close(descriptor)
        #expect(try await world.secondRunner().wait(for: "a1") == .failed(exitCode: 7))
    }

    @Test("finishes a cancellation whose server died before the SIGKILL")
    func adoptedCancellation() async throws {
        let world = try StepWorld(.process)
        let ready = world.fifo("ready")
        _ = world.fifo("never")
        try await world.runner.submit(world.shell("a1", "trap '' TERM; echo up >ready; while :; do read line <never; done"))
        #expect(await ready.line() == "up")
        // What a server leaves that dies right after it recorded a cancellation: a deadline, now past.
        try "1000\n".write(toFile: world.root + "/attempts/a1/cancel", atomically: true, encoding: .utf8)
        #expect(try await world.secondRunner().wait(for: "a1") == .cancelled)
    }

    @Test("knows the exit status of a step whose server was killed with SIGKILL while it ran")
    func killedServer() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        setenv("DHOW_TEST_KILLED_SERVER", world.root, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let root = ProcessInfo.processInfo.environment["DHOW_TEST_KILLED_SERVER"] ?? ""
            let runner = try ProcessStepRunner(folder: root + "/attempts")
            try await runner.submit(
                AttemptSpecification(
                    attemptID: "a1", command: ["sh", "-c", "echo up >started; read line <more; echo more; exit 7"],
                    environment: ["PATH": "/usr/bin:/bin"], workingFolder: root + "/work"))
            kill(getpid(), SIGKILL)
        }
        #expect(try await world.runner.state(of: "a1") == .running)
        async let waited = world.runner.wait(for: "a1")
        let descriptor = more.release()
        #expect(try await waited == .failed(exitCode: 7))
        close(descriptor)
        #expect(try await world.log(of: "a1") == "more\n")
    }

    @Test("cancels a step that an earlier server started, within the grace")
    func cancelAdopted() async throws {
        let world = try StepWorld(.process)
        let ready = world.fifo("ready")
        _ = world.fifo("never")
        try await world.runner.submit(
            world.shell("a1", "trap 'echo asked' TERM; exec 8<>never; echo up >ready; while :; do read line <&8; done"))
        #expect(await ready.line() == "up")
        let second = try world.secondRunner()
        try await second.cancel("a1", grace: .milliseconds(100))
        #expect(try await second.wait(for: "a1") == .cancelled)
        #expect(try await world.log(of: "a1").hasPrefix("asked"))
    }

    @Test("goes on when its launcher is killed: what runs is waited for, and the next attempt has another launcher")
    func killedLauncher() async throws {
        // In a process of its own, so that no other test's launcher is killed.
        await #expect(processExitsWith: .success) {
            let world = try StepWorld(.process)
            let ready = world.fifo("ready")
            let more = world.fifo("more")
            try await world.runner.submit(world.shell("a1", "echo up >ready; read line <more; exit 7"))
            #expect(await ready.line() == "up")
            let launcher = try #require(
                FileManager.default.contentsOfDirectory(atPath: "/proc").first { number in
                    let status = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
                    return status.hasPrefix("Name:\tdhow-launcher\n") && status.contains("PPid:\t\(getpid())\n")
                })
            kill(try #require(pid_t(launcher)), SIGKILL)
            // What is handed to a launcher that has been killed and still runs is lost with it.
            while let stat = try? String(contentsOfFile: "/proc/\(launcher)/stat", encoding: .utf8), !stat.contains(") Z ") {
                await Task.yield()
            }
            async let waited = world.runner.wait(for: "a1")
            try await world.runner.submit(world.shell("a2", "exit 6"))
            #expect(try await world.runner.wait(for: "a2") == .failed(exitCode: 6))
            let descriptor = more.release()
            #expect(try await waited == .failed(exitCode: 7))
            close(descriptor)
        }
    }

    @Test("ends with the server what is not to outlive it, also when the server is killed")
    func endsWithServer() async throws {
        await #expect(processExitsWith: .success) {
            let world = try StepWorld(.process)
            let ready = world.fifo("ready")
            _ = world.fifo("never")
            var attempt = world.shell(
                "a1", "trap 'echo asked; exit 0' TERM; exec 8<>never; echo up >ready; while :; do read line <&8; done")
            attempt.endsWithServer = true
            try await world.runner.submit(attempt)
            #expect(await ready.line() == "up")
            // The launcher ends when the server does, however that ends; so what is seen of its end is seen of the server's.
            let launcher = try #require(
                FileManager.default.contentsOfDirectory(atPath: "/proc").first { number in
                    let status = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
                    return status.hasPrefix("Name:\tdhow-launcher\n") && status.contains("PPid:\t\(getpid())\n")
                })
            kill(try #require(pid_t(launcher)), SIGKILL)
            // What is handed to a launcher that has been killed and still runs is lost with it.
            while let stat = try? String(contentsOfFile: "/proc/\(launcher)/stat", encoding: .utf8), !stat.contains(") Z ") {
                await Task.yield()
            }
            #expect(try await world.runner.wait(for: "a1") == .cancelled)
            #expect(try await world.log(of: "a1") == "asked\n")
        }
    }

    @Test("calls an attempt lost when its supervisor was killed, and ends what was left of it")
    func lost() async throws {
        let world = try StepWorld(.process)
        let alive = world.fifo("alive")
        _ = world.fifo("never")
        let ready = world.fifo("ready")
        async let closed: Void = alive.closed()
        try await world.runner.submit(world.shell("a1", "exec 9>alive; echo up >ready; while :; do read line <never; done", timeout: 3600))
        #expect(await ready.line() == "up")
        kill(try supervisor(of: "a1", in: world), SIGKILL)
        #expect(try await world.runner.wait(for: "a1") == .lost)
        await closed
        #expect(try await world.secondRunner().state(of: "a1") == .lost)
    }

    @Test("sends nothing to processes of an earlier boot")
    func earlierBoot() async throws {
        let world = try StepWorld(.process)
        let ready = world.fifo("ready")
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "echo up >ready; read line <more"))
        #expect(await ready.line() == "up")
        // An attempt of another boot, whose command had the number and start time that ours has now.
        let old = world.root + "/attempts/a0"
        try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
        let command = try #require(try world.recorded("command", of: "a1").first)
        try "boot another\ncommand \(command)\n".write(toFile: old + "/record", atomically: true, encoding: .utf8)
        #expect(try await world.runner.wait(for: "a0") == .lost)
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        close(descriptor)
    }

    @Test("leaves no zombie")
    func zombies() async throws {
        let world = try StepWorld(.process)
        try await world.runner.submit(world.shell("a1", "exit 0", timeout: 60))
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        let supervisor = try supervisor(of: "a1", in: world)
        #expect(waitpid(supervisor, nil, WNOHANG) == -1)
        #expect(errno == ECHILD)
    }

    @Test("stops waiting when its task is cancelled, and the attempt goes on")
    func cancelledWait() async throws {
        let world = try StepWorld(.process)
        let more = world.fifo("more")
        try await world.runner.submit(world.shell("a1", "read line <more"))
        let waiting = Task { try await world.runner.wait(for: "a1") }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try await world.runner.state(of: "a1") == .running)
        let descriptor = more.release()
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        close(descriptor)
    }

    @Test("keeps no environment on disk")
    func secrets() async throws {
        let world = try StepWorld(.process)
        var attempt = world.attempt("a1", ["true"])
        attempt.environment["TOKEN"] = "s3cr3t-token"
        try await world.runner.submit(attempt)
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
        for name in try FileManager.default.contentsOfDirectory(atPath: world.root + "/attempts/a1") {
            #expect(try !String(contentsOfFile: "\(world.root)/attempts/a1/\(name)", encoding: .utf8).contains("s3cr3t"))
        }
    }
}
