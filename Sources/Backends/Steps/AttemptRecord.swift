// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What an attempt's `record` says. Each line is one write, and true as soon as its newline is there.
///
/// | line | means | written by |
/// |---|---|---|
/// | `boot ID` | the machine's boot; process numbers of another mean nothing | runner |
/// | `gpus I,J` | graphics cards it holds | runner |
/// | `group PATH` | control group made for it | runner |
/// | `supervisor PID`, `command PID START-TICKS` | its processes | supervisor |
/// | `ended HOW CODE LIMIT MICROSECONDS KIBIBYTES MILLISECONDS` | `exited`, `killed`, `timedOut` or `cancelled`; status or signal; limit or `-`; used | supervisor |
/// | `lost` | its supervisor left no end | runner |
struct AttemptRecord {
    /// Bytes read of a record; one is a few hundred bytes long.
    static let limit = 16 << 10

    private(set) var boot: Substring = ""
    private(set) var gpus: [Int] = []
    private(set) var groups: [String] = []
    private(set) var supervisor: pid_t?
    private(set) var command: ProcessIdentity?
    private(set) var end: AttemptEnd?
    private(set) var isLost = false

    init(_ bytes: [UInt8]) {
        guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return }
        for line in String(decoding: bytes[..<last], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? words[1] : ""
            switch words.first {
            case "boot": boot = rest
            case "gpus": gpus = rest.split(separator: ",").compactMap { Int($0) }
            case "group": groups.append(String(rest))
            case "supervisor": supervisor = pid_t(rest).flatMap { $0 > 1 ? $0 : nil }
            case "command": command = ProcessIdentity(line: rest)
            case "ended": end = Self.end(rest.split(separator: " "))
            case "lost": isLost = true
            default: break
            }
        }
    }

    var outcome: AttemptState? { end?.state ?? (isLost ? .lost : nil) }

    private static func end(_ words: [Substring]) -> AttemptEnd? {
        guard words.count == 6, let code = Int(words[1]), let processor = Int64(words[3]), let memory = Int64(words[4]),
            let wall = Int64(words[5])
        else { return nil }
        let state: AttemptState
        switch words[0] {
        case "exited": state = code == 0 ? .succeeded : .failed(exitCode: code)
        case "killed": state = .killed(signal: code)
        case "timedOut": state = .timedOut
        case "cancelled": state = .cancelled
        default: return nil
        }
        return AttemptEnd(
            state: state, limit: AttemptLimit(rawValue: String(words[2])), processorTime: .microseconds(processor),
            peakMemoryBytes: memory << 10, wallTime: .milliseconds(wall))
    }

    /// What the runner writes before anything is started.
    static func beginning(boot: String, gpus: [Int], groups: [String]) -> String {
        var text = "boot \(boot)\n"
        if !gpus.isEmpty { text += "gpus \(gpus.map(String.init).joined(separator: ","))\n" }
        for group in groups { text += "group \(group)\n" }
        return text
    }
}
