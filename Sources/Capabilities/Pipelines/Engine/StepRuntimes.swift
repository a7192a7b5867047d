// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation

/// Finds or makes what a command runs in: the host's programs, a Python environment, a container image.
actor StepRuntimes {
    private static let podman: String? = ["/usr/bin/podman", "/usr/local/bin/podman"].first { access($0, X_OK) == 0 }

    private let settings: WorkerSettings
    private let runner: any StepRunner
    private let transfer: FileTransfer
    private var building: [BlobDigest: Task<String, any Error>] = [:]

    init(_ settings: WorkerSettings, _ runner: any StepRunner, _ transfer: FileTransfer) {
        self.settings = settings
        self.runner = runner
        self.transfer = transfer
    }

    /// The command to submit; the environment is made to find what it needs.
    nonisolated func command(of step: CommandStep, environment: inout [String: String]) async throws -> [String] {
        switch step.step.runtime {
        case .host: return step.step.command
        case .python:
            guard let lock = step.lock else { return step.step.command }
            let folder = try await pythonEnvironment(lock)
            environment["VIRTUAL_ENV"] = folder
            environment["PATH"] = folder + "/bin:" + (environment["PATH"] ?? "/usr/bin:/bin")
            return step.step.command
        case .image(let image):
            guard let podman = Self.podman else {
                throw Problem(
                    .rejected, "pipelines.runtime.image", "Step '\(step.step.name)' is to run in the image '\(image)'.",
                    why: "This worker has no podman.", fix: "Install it: apt-get install podman.")
            }
            return container(podman, image, step.step, environment)
        }
    }

    /// The folder of the environment that the lock file describes; built once, by one builder at a time.
    private func pythonEnvironment(_ lock: BlobDigest) async throws -> String {
        let folder = "\(settings.environmentsFolder)/\(lock.hexadecimal.prefix(32))"
        if access(folder + "/.complete", F_OK) == 0 { return folder }
        let task = building[lock] ?? Task { try await build(lock, in: folder) }
        building[lock] = task
        defer { building[lock] = nil }
        return try await task.value
    }

    private func build(_ lock: BlobDigest, in folder: String) async throws -> String {
        let attemptID = "environment-\(lock.hexadecimal.prefix(32))"
        try WrittenFile.makeFolder(settings.environmentsFolder)
        let lockFile = folder + ".lock"
        try await transfer.write(lock, to: lockFile)
        // A build whose server ended goes on, and is waited for like any attempt.
        if case .unknown = try await runner.state(of: attemptID) {
            var environment = settings.environment
            environment["HOME"] = settings.environmentsFolder
            environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
            try await runner.submit(
                AttemptSpecification(
                    attemptID: attemptID, command: ["sh", "-ec", Self.script, "build", folder, lockFile], environment: environment,
                    workingFolder: settings.environmentsFolder, timeoutSeconds: 3600))
        }
        let state = try await runner.wait(for: attemptID)
        let log = try await runner.log(of: attemptID, from: 0, limit: 1 << 20)
        try await runner.forget(attemptID)
        guard state == .succeeded, access(folder + "/.complete", F_OK) == 0 else {
            throw Problem(
                .rejected, "pipelines.runtime.python", "The Python environment of the step cannot be built.",
                why: String(decoding: log.suffix(2000), as: UTF8.self),
                fix:
                    "Make the lock file with hashes ('uv pip compile --generate-hashes' or 'pip-compile --generate-hashes'), and try 'pip install --require-hashes -r' with it."
            )
        }
        return folder
    }

    private static let script = """
        rm -rf "$1"
        python3 -m venv "$1"
        "$1/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r "$2"
        rm -f "$2"
        : >"$1/.complete"
        """

    /// The working folder is at the same path inside, and the environment is handed over by its names, so that no value is in a command
    /// line. Podman itself keeps the worker's own home, where images and its settings are; the image's entry point is not used.
    private nonisolated func container(
        _ podman: String, _ image: String, _ step: StepSpecification, _ environment: [String: String]
    ) -> [String] {
        let folder = environment["HOME"] ?? "/"
        let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
        var arguments = [
            "/usr/bin/env", "HOME=\(home)", "TMPDIR=/tmp", podman, "run", "--rm", "--network", "host", "--security-opt",
            "no-new-privileges",
            "--volume", "\(folder):\(folder)", "--workdir", folder, "--env", "HOME=\(folder)", "--env", "TMPDIR=\(folder)/.tmp",
        ]
        for name in environment.keys.sorted() where !["PATH", "HOME", "TMPDIR"].contains(name) { arguments += ["--env", name] }
        if let memory = step.resources.memoryBytes { arguments += ["--memory", "\(memory)b"] }
        if let cpu = step.resources.cpuMilli { arguments += ["--cpus", "\(Double(cpu) / 1000)"] }
        return arguments + ["--entrypoint=\(step.command[0])", image] + step.command.dropFirst()
    }
}
