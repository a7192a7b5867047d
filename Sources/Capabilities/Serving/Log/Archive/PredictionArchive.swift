// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// Moves older predictions from the table to files in the blob store, reads them there and brings them back.
///
/// A row is in the table or in one file, never in neither: the file is stored first, then one transaction takes the rows out of the table
/// and puts the file into the index. A crash between the two leaves a blob that nobody holds.
package struct PredictionArchive: Sendable {
    /// An answer is logged at most so long after its id was made: the longest time that a request may take.
    private static let longestAnswer = Duration.milliseconds(EndpointSettings.longestTimeout)
    /// Files that are looked through for one id.
    private static let maximumSearched = 100
    private static let segmentBytes: Int64 = 1 << 31

    private let governor: Governor
    private let blobs: any BlobStore
    private let isInRollout: @Sendable (EndpointName, any Transaction) throws -> Bool

    package init(
        governor: Governor, blobs: any BlobStore,
        isInRollout: @escaping @Sendable (EndpointName, any Transaction) throws -> Bool = DeliveredTraffic.isInRollout
    ) {
        self.governor = governor
        self.blobs = blobs
        self.isInRollout = isInRollout
    }

    /// One pass over all endpoints that have `log.archive`; what it moved is in the ledger. Endpoints in a rollout are left for a later
    /// pass, as its evidence is read from the table.
    package func enforce() async throws {
        let kept = try await governor.database.read { try EndpointSettingsTable(transaction: $0).archived() }
        for (endpoint, days) in kept {
            let limit = governor.clock.now() - .seconds(days * 86_400)
            while try await archive(endpoint, before: limit) == PredictionSegment.maximumRows {}
        }
    }

    /// - Returns: The rows that were moved.
    private func archive(_ endpoint: EndpointName, before limit: Timestamp) async throws -> Int {
        let due = try await governor.database.read { transaction -> [Prediction] in
            guard try !isInRollout(endpoint, transaction) else { return [] }
            return try PredictionTable(transaction: transaction).oldest(
                of: endpoint, before: limit, count: PredictionSegment.maximumRows)
        }
        guard let first = due.first, let last = due.last else { return 0 }
        let logged = due.map(\.logged)
        let file = try PredictionSegment.encode(due)
        let chunks = AsyncThrowingStream<[UInt8], any Error> { stream in
            stream.yield(file)
            stream.finish()
        }
        let blob = try await blobs.put(chunks, limit: Self.segmentBytes)
        let segment = PredictionSegmentTable.Segment(
            endpoint: endpoint, id: governor.identifiers.next(), times: first.time...last.time,
            logged: (logged.min() ?? first.logged)...(logged.max() ?? last.logged), rows: due.count, digest: blob.digest, bytes: blob.size)
        return try await governor.change(.endpointWrite, by: .controller("serving", in: endpoint.workspace)) { change in
            let transaction = change.transaction
            guard try !isInRollout(endpoint, transaction) else { return 0 }
            let taken = try PredictionTable(transaction: transaction).delete(from: endpoint, upTo: last)
            guard taken == due.count else {
                throw Problem(
                    .conflict, "serving.archive.moved", "Predictions of '\(endpoint.name)' came while they were archived.",
                    why: "\(taken) rows are where \(due.count) were read.", fix: "Nothing was changed; the next pass takes them.")
            }
            try PredictionSegmentTable(transaction: transaction).insert(segment)
            try BlobReferenceTable(transaction: transaction).hold(blob.digest, by: segment.holder)
            try change.record(
                "predictions-archived", on: "endpoint/\(endpoint.name)",
                [
                    "endpoint": .string(endpoint.name), "predictions": .integer(Int64(due.count)),
                    "digest": .string(blob.digest.description),
                    "from": .integer(first.time.milliseconds), "to": .integer(last.time.milliseconds),
                ])
            return due.count
        }
    }

    /// Puts the rows of files that reach into `[start, end)` back into the table.
    ///
    /// - Returns: How many rows came back.
    package func restore(_ endpoint: String, from start: Timestamp, to end: Timestamp, by caller: Caller) async throws -> Int {
        try governor.require(.endpointWrite, of: caller)
        let name = EndpointName(workspace: caller.workspace, name: endpoint)
        let segments = try await governor.database.read {
            try PredictionSegmentTable(transaction: $0).segments(of: name, from: start, to: end)
        }
        var restored = 0
        for segment in segments {
            let rows = try await predictions(in: segment)
            restored += try await governor.change(.endpointWrite, by: caller) { change in
                // Somebody else may have brought it back meanwhile.
                guard try PredictionSegmentTable(transaction: change.transaction).delete(segment) else { return 0 }
                try PredictionTable(transaction: change.transaction).insert(rows.map { (name.workspace, $0) })
                try BlobReferenceTable(transaction: change.transaction).release(by: segment.holder)
                try change.record(
                    "predictions-restored", on: "endpoint/\(endpoint)",
                    [
                        "endpoint": .string(endpoint), "predictions": .integer(Int64(rows.count)),
                        "digest": .string(segment.digest.description),
                    ])
                return rows.count
            }
        }
        return restored
    }

    /// An archived prediction; nil when none of the files that its id's time points to has it.
    func find(_ id: String, in workspace: String) async throws -> Prediction? {
        guard let made = IdentifierSource.time(of: id) else { return nil }
        let segments = try await governor.database.read {
            try PredictionSegmentTable(transaction: $0).segments(
                in: workspace, loggedIn: made...(made + Self.longestAnswer), limit: Self.maximumSearched)
        }
        for segment in segments {
            if let found = try PredictionSegment.find(id, in: try await bytes(of: segment), named: segment.digest) { return found }
        }
        return nil
    }

    /// Deletes files whose rows are all older than the endpoint keeps them, with their labels.
    func delete(from endpoint: EndpointName, before limit: Timestamp) async throws {
        let due = try await governor.database.read {
            try PredictionSegmentTable(transaction: $0).segments(of: endpoint, before: limit)
        }
        for segment in due {
            let ids = try await predictions(in: segment).map(\.id)
            _ = try await governor.change(.endpointWrite, by: .controller("serving", in: endpoint.workspace)) { change -> Int in
                guard try PredictionSegmentTable(transaction: change.transaction).delete(segment) else { return 0 }
                try BlobReferenceTable(transaction: change.transaction).release(by: segment.holder)
                try PredictionTable(transaction: change.transaction).deleteFollowers(of: ids, endpoint)
                try change.record(
                    "predictions-deleted", on: "endpoint/\(endpoint.name)",
                    [
                        "endpoint": .string(endpoint.name), "predictions": .integer(Int64(segment.rows)),
                        "before": .integer(limit.milliseconds),
                    ])
                return segment.rows
            }
        }
    }

    /// Rows about `[start, end)`: those of the archive, then those of the table, with their labels; in order of time within each.
    ///
    /// Streams: memory holds one file's rows.
    package func forEach(
        of endpoint: String, from start: Timestamp, to end: Timestamp, by caller: Caller,
        _ body: ([(prediction: Prediction, label: Double?)]) async throws -> Void
    ) async throws {
        try governor.require(.endpointRead, of: caller)
        let name = EndpointName(workspace: caller.workspace, name: endpoint)
        let segments = try await governor.database.read {
            try PredictionSegmentTable(transaction: $0).segments(of: name, from: start, to: end)
        }
        for segment in segments {
            let rows = try await predictions(in: segment).filter { $0.time >= start && $0.time < end }
            try await body(try await governor.database.read { try Self.labelled(rows, of: name, $0) })
        }
        var last: Prediction?
        while true {
            let rows = try await governor.database.read { [last] transaction in
                try Self.labelled(
                    try PredictionTable(transaction: transaction).page(
                        of: name, from: start, to: end, after: last, count: PredictionSegment.maximumRows), of: name, transaction)
            }
            guard let final = rows.last?.prediction else { return }
            try await body(rows)
            last = final
        }
    }

    private static func labelled(
        _ rows: [Prediction], of endpoint: EndpointName, _ transaction: any Transaction
    ) throws -> [(prediction: Prediction, label: Double?)] {
        let labels = try LabelTable(transaction: transaction, workspace: endpoint.workspace, endpoint: endpoint.name)
            .values(of: rows.map(\.id))
        return rows.map { ($0, labels[$0.id]) }
    }

    private func predictions(in segment: PredictionSegmentTable.Segment) async throws -> [Prediction] {
        try PredictionSegment.decode(try await bytes(of: segment), named: segment.digest)
    }

    func bytes(of segment: PredictionSegmentTable.Segment) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in try await blobs.get(segment.digest, range: nil).bytes { bytes += chunk }
        return bytes
    }
}
