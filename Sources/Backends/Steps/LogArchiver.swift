// SPDX-License-Identifier: Apache-2.0

/// Copies an attempt's log into a blob store while the attempt runs, so that a lost machine loses at most the last segment.
///
/// Memory does not grow with the log: bytes go from the runner to the store in pieces of 256 KiB. What is copied before a segment is full
/// is copied again as part of the full one, so a log has about as many segments as it has times `segmentSize`, however slowly it grew. Blobs
/// that are no longer part of the archive are left to the store's collector.
package struct LogArchiver: Sendable {
    package static let segmentSize: Int64 = 4 << 20
    package static let interval = Duration.seconds(30)

    private let runner: any StepRunner
    private let blobs: any BlobStore
    private let segmentSize: Int64
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: Longest time between a byte's appearance and its being kept, as long as the store keeps up.
    package init(
        runner: any StepRunner, blobs: any BlobStore, segmentSize: Int64 = LogArchiver.segmentSize,
        interval: Duration = LogArchiver.interval,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        precondition(segmentSize > 0, "A segment has room.")
        self.runner = runner
        self.blobs = blobs
        self.segmentSize = segmentSize
        self.interval = interval
        self.clock = clock
    }

    /// Returns the whole archive once the attempt is over; can be called again with what was kept before a restart.
    ///
    /// - Parameter keep: Called with every new state of the archive, before more is copied.
    @discardableResult
    package func archive(
        _ attemptID: String, after earlier: LogArchive = LogArchive(), keep: @Sendable (LogArchive) async throws -> Void
    ) async throws -> LogArchive {
        var archive = earlier
        guard !archive.isComplete else { return archive }
        while true {
            let isOver = try await waitForSegment(attemptID, archive)
            // All that is there now, in full segments and one that may not be.
            while let segment = try await copy(attemptID, archive) {
                archive.keep(segment.segment, from: segment.offset)
                if segment.segment.size == segmentSize || !isOver { try await keep(archive) }
                if segment.segment.size < segmentSize { break }
            }
            guard isOver else { continue }
            archive.isComplete = true
            try await keep(archive)
            return archive
        }
    }

    /// Returns when a segment is full, when its first byte has waited for the interval, or (true) when the attempt is over.
    private func waitForSegment(_ attemptID: String, _ archive: LogArchive) async throws -> Bool {
        try await runner.waitForLog(of: attemptID, beyond: archive.size)
        guard try await runner.state(of: attemptID) == .running else { return true }
        let end = archive.openOffset(full: segmentSize) + segmentSize
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [clock, interval] in try await clock.sleep(for: interval) }
            group.addTask { [runner] in try await runner.waitForLog(of: attemptID, beyond: end - 1) }
            try await group.next()
            group.cancelAll()
        }
        return try await runner.state(of: attemptID) != .running
    }

    /// The open segment with the bytes that are there; nil when there is none that is not kept.
    private func copy(_ attemptID: String, _ archive: LogArchive) async throws -> (segment: LogArchive.Segment, offset: Int64)? {
        guard try await !runner.log(of: attemptID, from: archive.size, limit: 1).isEmpty else { return nil }
        let offset = archive.openOffset(full: segmentSize)
        let info = try await blobs.put(
            LogRange(runner: runner, attemptID: attemptID, range: offset..<offset + segmentSize), limit: segmentSize)
        return (LogArchive.Segment(digest: info.digest, size: info.size), offset)
    }
}

/// The bytes of a log that are there in a range of offsets.
private struct LogRange: AsyncSequence, Sendable {
    let runner: any StepRunner
    let attemptID: String
    let range: Range<Int64>

    struct AsyncIterator: AsyncIteratorProtocol {
        let runner: any StepRunner
        let attemptID: String
        var range: Range<Int64>

        mutating func next() async throws -> [UInt8]? {
            let limit = Swift.min(Int64(FollowedLog.piece), range.upperBound - range.lowerBound)
            guard limit > 0 else { return nil }
            let bytes = try await runner.log(of: attemptID, from: range.lowerBound, limit: Int(limit))
            range = (range.lowerBound + Int64(bytes.count))..<range.upperBound
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runner: runner, attemptID: attemptID, range: range) }
}
