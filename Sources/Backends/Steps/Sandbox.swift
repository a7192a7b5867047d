// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Bubblewrap (`bwrap`), which puts a command into namespaces of its own without privileges.
struct Sandbox: Sendable {
    let program: String

    /// The sandbox of this machine, tried once; nil when bubblewrap is missing, too old, or may not make namespaces here.
    static let found = find()

    static let places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"]

    /// What stands in front of the command.
    ///
    /// The sandbox ends with its parent, the supervisor, which no end of a server touches.
    ///
    /// - Parameter hidden: Existing folders that are empty in the sandbox, whatever they hold; the working folder may lie in one.
    func wrapper(for attempt: AttemptSpecification, hasNetwork: Bool, hiding hidden: [String]) -> [String] {
        var arguments = [program] + Self.namespaces
        if !hasNetwork { arguments.append("--unshare-net") }
        arguments += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for device in Self.devices(of: attempt.resources.gpus ?? []) { arguments += ["--dev-bind-try", device, device] }
        if let bytes = attempt.resources.diskBytes { arguments += ["--size", String(bytes)] }
        arguments += ["--tmpfs", "/tmp"]
        for folder in hidden { arguments += ["--tmpfs", folder] }
        for folder in attempt.shownFolders.compactMap(\.resolved) { arguments += ["--ro-bind", folder, folder] }
        let folder = attempt.workingFolder.resolved ?? attempt.workingFolder
        return arguments + ["--bind", folder, folder, "--chdir", folder, "--"]
    }

    private static let namespaces = [
        "--unshare-user-try", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--cap-drop",
        "ALL",
    ]

    private static func devices(of gpus: [Int]) -> [String] {
        guard !gpus.isEmpty else { return [] }
        return gpus.map { "/dev/nvidia\($0)" } + ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"]
    }

    private static func find() -> Sandbox? {
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else { return nil }
        let trial =
            namespaces + [
                "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", "4096", "--tmpfs", "/tmp", "--",
                program,
                "--version",
            ]
        return ProgramOutput.of(program, trial) == nil ? nil : Sandbox(program: program)
    }
}

extension String {
    /// The absolute path without symbolic links of a file that is there.
    var resolved: String? {
        guard let absolute = realpath(self, nil) else { return nil }
        defer { free(absolute) }
        return String(cString: absolute)
    }
}
