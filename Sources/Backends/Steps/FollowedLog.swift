// SPDX-License-Identifier: Apache-2.0

/// An attempt's log as a sequence that waits for what is yet to be written; bytes as they are, cut anywhere.
package struct FollowedLog: AsyncSequence, Sendable {
    package static let piece = 256 << 10

    let runner: any StepRunner
    let attemptID: String
    let offset: Int64

    package struct AsyncIterator: AsyncIteratorProtocol {
        let runner: any StepRunner
        let attemptID: String
        var offset: Int64

        package mutating func next() async throws -> [UInt8]? {
            while true {
                // Asked before reading: an attempt that is over then writes nothing more.
                let state = try await runner.state(of: attemptID)
                let bytes = try await runner.log(of: attemptID, from: offset, limit: FollowedLog.piece)
                offset += Int64(bytes.count)
                if !bytes.isEmpty { return bytes }
                guard state == .running else { return nil }
                try await runner.waitForLog(of: attemptID, beyond: offset)
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runner: runner, attemptID: attemptID, offset: offset) }
}
