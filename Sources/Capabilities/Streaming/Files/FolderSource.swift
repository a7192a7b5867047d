// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Pipelines

/// Rows of files that come into a folder, each file once by its content.
///
/// A file counts as there when two looks, a second apart, find it the same; one that is written elsewhere and moved in is never seen half.
/// Its rows are events whose id is the file's digest and the line. A part of this source is a digest, its position a number of rows, or
/// `end`; so the same bytes under another name, or after a restart, are not taken again.
package actor FolderSource: EventSource {
    /// Larger files are not taken.
    package static let largestFile: Int64 = 64 << 20
    static let settling = Duration.seconds(1)
    private static let end = "end"

    private let listing: FolderListing
    private let folder: String?
    private let pattern: SourcePattern
    private let root: String
    private let clock: any WallClock
    private let nap: @Sendable (Duration) async throws -> Void
    /// Files as they lay at the last look, and since when.
    private var seen: [String: (mark: String, since: Timestamp)] = [:]
    /// Those that are dealt with as they are.
    private var finished: [String: String] = [:]
    private var open: OpenFile?

    private struct OpenFile {
        var path: String
        var mark: String
        var digest: String
        var rows: [FileFormat.Row]
        var next: Int
    }

    /// - Parameters:
    ///   - path: Where the root lies.
    ///   - nap: Waits; a test need not.
    package init(
        root: String, at path: String, folder: String?, pattern: SourcePattern, clock: any WallClock = SystemWallClock(),
        nap: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.root = root
        listing = FolderListing(root: path)
        self.folder = folder
        self.pattern = pattern
        self.clock = clock
        self.nap = nap
    }

    package func next(after positions: [String: String], limit: Int, waiting wait: Duration) async throws -> SourceBatch {
        if let batch = batch(limit) { return batch }
        if let batch = try look(positions, limit) { return batch }
        try await nap(wait)
        return SourceBatch()
    }

    package func close() async {}

    /// Looks at the folder, and opens the first file that is whole and new.
    private func look(_ positions: [String: String], _ limit: Int) throws -> SourceBatch? {
        let now = clock.now()
        let files = try listing.files(in: folder, matching: pattern)
        let paths = Set(files.map(\.path))
        seen = seen.filter { paths.contains($0.key) }
        finished = finished.filter { paths.contains($0.key) }
        for file in files where finished[file.path] != file.mark {
            guard let known = seen[file.path], known.mark == file.mark else {
                seen[file.path] = (file.mark, now)
                continue
            }
            // A clock that was put back is not waited for.
            guard now >= known.since + Self.settling || now < known.since else { continue }
            var bytes: [UInt8] = []
            var isTooLarge = false
            let arrived = try listing.read(file) { piece in
                isTooLarge = isTooLarge || Int64(bytes.count + piece.count) > Self.largestFile
                if isTooLarge { bytes = [] } else { bytes.append(contentsOf: piece) }
            }
            // One that was written to in between is looked at again.
            guard let arrived else { continue }
            let digest = arrived.digest.description
            finished[file.path] = file.mark
            guard positions[digest] != Self.end else { continue }
            guard !isTooLarge, let format = FileFormat(path: file.path) else { return tooLarge(file, digest, arrived.size) }
            let rows = format.rows(of: bytes)
            let next = min(positions[digest].flatMap { Int($0) } ?? 0, rows.count)
            open = OpenFile(path: file.path, mark: file.mark, digest: digest, rows: rows, next: next)
            return batch(limit)
        }
        return nil
    }

    private func batch(_ limit: Int) -> SourceBatch? {
        guard var file = open else { return nil }
        let rows = file.rows[file.next..<min(file.next + limit, file.rows.count)]
        file.next += rows.count
        let isAtEnd = file.next == file.rows.count
        open = isAtEnd ? nil : file
        return SourceBatch(
            records: rows.map { record($0, of: file) }, moves: [file.digest: isAtEnd ? Self.end : String(file.next)])
    }

    private func record(_ row: FileFormat.Row, of file: OpenFile) -> SourceRecord {
        let place = "\(root)/\(file.path):\(row.line)"
        switch row.value {
        case .failure(let fault):
            return SourceRecord(place: place, headers: ["content-type": "text/plain"], body: Array(row.text.utf8), fault: fault)
        case .success(let value):
            // A line may be a whole event of its own.
            let event: JSONValue =
                value["specversion"] != nil
                ? value
                : [
                    "specversion": "1.0", "id": .string("\(file.digest)/\(row.line)"), "source": .string("/folders/\(root)"),
                    "type": "file.row", "data": value,
                ]
            return SourceRecord(place: place, headers: ["content-type": CloudEvent.structuredType], body: Array(event.jsonText.utf8))
        }
    }

    private func tooLarge(_ file: FoundFile, _ digest: String, _ size: Int64) -> SourceBatch {
        let fault = Problem(
            .tooLarge, "streams.file.too-large", "The file has \(size) bytes.", why: "At most \(Self.largestFile) are taken.",
            fix: "Split it.")
        return SourceBatch(
            records: [SourceRecord(place: "\(root)/\(file.path)", headers: [:], body: Array(digest.utf8), fault: fault)],
            moves: [digest: Self.end])
    }
}
