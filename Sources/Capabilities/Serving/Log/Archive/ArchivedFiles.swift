// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Files of archived predictions that were fetched before a transaction, so that it can read their rows beside the table's.
///
/// They stay compressed, in memory only, and together are at most `mostBytes`; one file's rows at a time are unpacked. A transaction that needs
/// a file which is not here throws `NotFetched`; `PredictionArchive.fetch` gets it, and the transaction is made again.
package struct ArchivedFiles: Sendable {
    /// What a transaction needs before it can go on.
    package struct NotFetched: Error {
        let segments: [PredictionSegmentTable.Segment]
    }

    package static let mostBytes: Int64 = 256 << 20
    /// Codes of problems that no repetition mends.
    package static let losses: Set<String> = ["serving.archive.lost", "serving.archive.too-large", "serving.segment.unreadable"]

    var files: [String: [UInt8]] = [:]
    var lost: [String: Problem] = [:]

    package init() {}

    var bytes: Int64 { files.values.reduce(0) { $0 + Int64($1.count) } }

    /// Whether files of the archive may have rows about `[start, end)`.
    package static func reach(
        of endpoint: String, in workspace: String, from start: Timestamp, to end: Timestamp, _ transaction: any Transaction
    ) throws -> Bool {
        try !PredictionSegmentTable(transaction: transaction).segments(
            of: EndpointName(workspace: workspace, name: endpoint), from: start, to: end
        ).isEmpty
    }

    /// Says which files rows about these times need, all at once, so that the transaction is made again once only.
    ///
    /// - Throws: `NotFetched`.
    package func require(
        of endpoint: String, in workspace: String, about spans: [Range<Timestamp>], _ transaction: any Transaction
    ) throws {
        let table = PredictionSegmentTable(transaction: transaction)
        let name = EndpointName(workspace: workspace, name: endpoint)
        var missing: [String: PredictionSegmentTable.Segment] = [:]
        for span in spans {
            for segment in try table.segments(of: name, from: span.lowerBound, to: span.upperBound) where !knows(segment) {
                missing[segment.id] = segment
            }
        }
        guard missing.isEmpty else { throw NotFetched(segments: missing.values.sorted { $0.id < $1.id }) }
    }

    /// Archived rows about `[start, end)` with their labels, file by file; within a file in order of time.
    ///
    /// - Throws: `NotFetched`; a `Problem` with a code of `losses` when a file is gone or cannot be read.
    package func forEach(
        of endpoint: String, in workspace: String, from start: Timestamp, to end: Timestamp, _ transaction: any Transaction,
        _ body: (Prediction, Double?) throws -> Void
    ) throws {
        try require(of: endpoint, in: workspace, about: [start..<end], transaction)
        let name = EndpointName(workspace: workspace, name: endpoint)
        let labels = LabelTable(transaction: transaction, workspace: workspace, endpoint: endpoint)
        for segment in try PredictionSegmentTable(transaction: transaction).segments(of: name, from: start, to: end) {
            if let problem = lost[segment.id] { throw problem }
            guard let bytes = files[segment.id] else { continue }
            let rows = try PredictionSegment.decode(bytes, named: segment.digest).filter { $0.time >= start && $0.time < end }
            let values = try labels.values(of: rows.map(\.id))
            for row in rows { try body(row, values[row.id]) }
        }
    }

    private func knows(_ segment: PredictionSegmentTable.Segment) -> Bool { files[segment.id] != nil || lost[segment.id] != nil }
}

extension PredictionArchive {
    /// Gets the files that a transaction asked for. A file that is gone, or one too many, is remembered as such and fails only who reads it.
    package func fetch(_ wanted: ArchivedFiles.NotFetched, into known: ArchivedFiles) async throws -> ArchivedFiles {
        var files = known
        var bytes = files.bytes
        for segment in wanted.segments {
            guard bytes + segment.bytes <= ArchivedFiles.mostBytes else {
                files.lost[segment.id] = Problem(
                    .exhausted, "serving.archive.too-large", "The archived predictions of this time are too many to be read at once.",
                    why: "Their files have more than \(ArchivedFiles.mostBytes >> 20) MiB.",
                    fix: "Look at a shorter time, or bring them back: dhow prediction restore \(segment.endpoint.name) --start … --end ….")
                continue
            }
            do {
                files.files[segment.id] = try await self.bytes(of: segment)
                bytes += segment.bytes
            } catch let problem as Problem where problem.kind == .notFound {
                files.lost[segment.id] = Problem(
                    .unavailable, "serving.archive.lost", "A file of archived predictions is gone.",
                    why:
                        "\(segment.digest) with \(segment.rows) rows from \(segment.times.lowerBound.milliseconds) on is not in the blob store.",
                    fix: "Bring the blob back from a copy.")
            }
        }
        return files
    }
}
