// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Testing

@Suite("A sandboxed step", .timeLimit(.minutes(2)))
struct StepSandboxTests {
    private static let sandbox = AttemptIsolation.sandbox(isRequired: true, hasNetwork: false)

    private func world(hiding folders: [String] = []) throws -> StepWorld {
        try StepWorld(.process, StepRunnerSettings(hiddenFolders: folders))
    }

    private func run(_ script: String, in world: StepWorld, _ change: (inout AttemptSpecification) -> Void = { _ in }) async throws
        -> (state: AttemptState, log: String)
    {
        var attempt = world.shell("a1", script)
        attempt.isolation = Self.sandbox
        change(&attempt)
        try await world.runner.submit(attempt)
        let state = try await world.runner.wait(for: "a1")
        return (state, try await world.log(of: "a1"))
    }

    @Test("that is required is refused where there is no sandbox, and one that is preferred runs without")
    func missing() async throws {
        let world = try StepWorld(.process, StepRunnerSettings(usesSandbox: false))
        var attempt = world.shell("a1", "exit 0")
        attempt.isolation = Self.sandbox
        let required = attempt
        let problem = await #expect(throws: Problem.self) { try await world.runner.submit(required) }
        #expect(problem?.code == "steps.sandbox.unavailable")
        #expect(try await world.runner.state(of: "a1") == .unknown)
        attempt.isolation = .sandbox(isRequired: false, hasNetwork: false)
        try await world.runner.submit(attempt)
        #expect(try await world.runner.wait(for: "a1") == .succeeded)
    }

    @Test("writes into its working folder and a /tmp of its own, and nowhere else", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func writing() async throws {
        let world = try world()
        let name = "dhow-\(UUID().uuidString)"
        let outcome = try await run(
            "pwd; echo made >result; echo x >/tmp/\(name) && echo tmp; touch /usr/\(name) /\(name) '\(world.root)/\(name)' 2>/dev/null || echo refused",
            in: world)
        #expect(outcome.state == .succeeded)
        #expect(outcome.log.hasSuffix("/work\ntmp\nrefused\n"))
        #expect(try world.text("result") == "made\n")
        for path in ["/tmp/\(name)", "/usr/\(name)", "/\(name)", "\(world.root)/\(name)"] {
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test(
        "sees no other processes, no network but its own loopback, and nothing of the runner's folder and hidden ones",
        .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func seeing() async throws {
        let secret = NSTemporaryDirectory() + "/steps-secret-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: secret, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: secret) }
        try "key".write(toFile: secret + "/key", atomically: true, encoding: .utf8)
        let world = try world(hiding: [secret])
        let script = """
            ls -d /proc/[0-9]* | wc -l >processes
            grep -c : /proc/net/dev
            ls -A '\(secret)' '\(world.root)/attempts' | grep -c -E 'key|a1'
            exit 0
            """
        let outcome = try await run(script, in: world)
        #expect(outcome.state == .succeeded)
        #expect(outcome.log == "1\n0\n")
        let processes = try #require(Int(try world.text("processes").trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(processes < 10)
    }

    @Test("has the network when its specification says so", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func network() async throws {
        let world = try world()
        let outcome = try await run("readlink /proc/self/ns/net", in: world) { $0.isolation = .sandbox(isRequired: true, hasNetwork: true) }
        #expect(outcome.log == "\(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net"))\n")
    }

    @Test("reports exit codes, signals and missing programs", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func ends() async throws {
        #expect(try await run("exit 7", in: world()).state == .failed(exitCode: 7))
        #expect(try await run("kill -6 $$", in: world()).state == .killed(signal: 6))
        let missing = try await run("", in: world()) { $0.command = ["no-such-program"] }
        #expect(missing.state == .failed(exitCode: 127))
        #expect(missing.log == "dhow: the program 'no-such-program' was not found in PATH (/usr/bin:/bin).\n")
    }

    @Test("gets its grace when it is cancelled, and leaves nothing behind", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func cancel() async throws {
        let world = try world()
        let ready = world.fifo("ready")
        let alive = world.fifo("alive")
        _ = world.fifo("never")
        async let closed: Void = alive.closed()
        var attempt = world.shell(
            "a1",
            "exec 9>alive; trap 'echo saved >state; exit 0' TERM; exec 8<>never; (setsid sh -c 'read line <never') & echo up >ready; read line <&8"
        )
        attempt.isolation = Self.sandbox
        try await world.runner.submit(attempt)
        #expect(await ready.line() == "up")
        try await world.runner.cancel("a1", grace: .seconds(3600))
        #expect(try await world.runner.wait(for: "a1") == .cancelled)
        #expect(try world.text("state") == "saved\n")
        await closed
    }

    @Test("is adopted after a restart", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func adoption() async throws {
        let world = try world()
        let more = world.fifo("more")
        var attempt = world.shell("a1", "read line <more; exit 4")
        attempt.isolation = Self.sandbox
        try await world.runner.submit(attempt)
        async let waited = world.secondRunner().wait(for: "a1")
        let descriptor = more.release()
        #expect(try await waited == .failed(exitCode: 4))
        close(descriptor)
    }

    @Test("has a /tmp no larger than its disk limit", .enabled(if: ProcessStepRunner.hasSandbox, "No bwrap."))
    func smallTemporaryFolder() async throws {
        let outcome = try await run("head -c 3000000 /dev/zero >/tmp/a; head -c 3000000 /dev/zero >/tmp/b || echo full", in: world()) {
            $0.resources.diskBytes = 4 << 20
        }
        #expect(outcome.log.hasSuffix("full\n"))
    }
}
