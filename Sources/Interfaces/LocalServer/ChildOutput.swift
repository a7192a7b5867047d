// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A child's standard output on its way to the log file, watched for the line that says where the server answers.
final class ChildOutput: Sendable {
    static let announcement = "answers at "
    /// Of a line that is looked at; longer ones pass unread.
    private static let longestLine = 16 << 10

    private struct State {
        var line: [UInt8] = []
        var address: String?
        var hasEnded = false
        var waiting: [CheckedContinuation<String?, Never>] = []
    }

    private let log: FileHandle
    private let state = Mutex(State())

    init(log: FileHandle) {
        self.log = log
    }

    /// - Returns: Nil when the output ended without naming an address.
    func address() async -> String? {
        await withCheckedContinuation { continuation in
            let known: String?? = state.withLock { state in
                if let address = state.address { return .some(address) }
                if state.hasEnded { return .some(nil) }
                state.waiting.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    func take(_ data: Data) {
        try? log.write(contentsOf: data)
        let ready: (String, [CheckedContinuation<String?, Never>])? = state.withLock { state in
            guard state.address == nil else { return nil }
            for byte in data {
                if byte != UInt8(ascii: "\n") {
                    if state.line.count < Self.longestLine { state.line.append(byte) }
                    continue
                }
                state.address = Self.address(in: String(decoding: state.line, as: UTF8.self))
                state.line = []
                guard let address = state.address else { continue }
                defer { state.waiting = [] }
                return (address, state.waiting)
            }
            return nil
        }
        guard let (address, waiting) = ready else { return }
        for continuation in waiting { continuation.resume(returning: address) }
    }

    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    static func address(in line: String) -> String? {
        guard let range = line.range(of: announcement) else { return nil }
        let address = line[range.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
        return address.hasPrefix("http://") || address.hasPrefix("https://") ? address : nil
    }
}
