// SPDX-License-Identifier: Apache-2.0

import CStepSupervisor
import Domain
import Foundation

/// All that a supervisor has to know of its attempt.
struct AttemptLaunch {
    var attempt: AttemptSpecification
    var folder: AttemptFolder
    var logLimit: Int64
    /// Arguments in front of the command; empty without a sandbox.
    var wrapper: [String]
    var limits: AttemptLimits

    /// The environment is handed over in memory and by `execve`, and so appears in no command line and no file. Zero, or a negative errno.
    func send(to channel: Int32, serial: UInt64, lock: Int32) -> Int32 {
        var request = step_request()
        request.serial = serial
        request.time_limit_ms = Int64(attempt.timeoutSeconds ?? 0) * 1000
        request.grace_ms = max(0, attempt.grace.milliseconds)
        request.log_limit = logLimit
        request.address_space = limits.addressSpace
        request.processes = limits.processes
        request.disk = UInt64(attempt.resources.diskBytes ?? 0)
        request.memory = UInt64(attempt.resources.memoryBytes ?? 0)
        let environment = environment
        request.wrapper_count = UInt32(wrapper.count)
        request.argument_count = UInt32(attempt.command.count)
        request.environment_count = UInt32(environment.count)
        request.group_count = UInt32(limits.groups.count)
        request.ends_with_server = attempt.endsWithServer ? 1 : 0
        var strings: [UInt8] = []
        strings.reserveCapacity(1024)
        for list in [[folder.path, attempt.workingFolder], wrapper, attempt.command, environment, limits.groups] {
            for string in list {
                strings.append(contentsOf: string.utf8)
                strings.append(0)
            }
        }
        request.size = UInt64(strings.count)
        return strings.withUnsafeBytes { bytes in
            step_launcher_send(channel, &request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), lock)
        }
    }

    private var environment: [String] {
        var variables = attempt.environment
        if let gpus = attempt.resources.gpus {
            let list = gpus.map(String.init).joined(separator: ",")
            variables["CUDA_VISIBLE_DEVICES"] = list
            variables["NVIDIA_VISIBLE_DEVICES"] = gpus.isEmpty ? "void" : list
        }
        return variables.map { "\($0.key)=\($0.value)" }
    }
}

/// How the limits of one attempt are kept: by control groups made for it, or by limits of its processes; zero is none.
struct AttemptLimits {
    var groups: [String] = []
    var addressSpace: UInt64 = 0
    var processes: UInt64 = 0
}
