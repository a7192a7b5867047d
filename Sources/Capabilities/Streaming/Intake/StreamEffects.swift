// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Serving

/// Writes what records ask for. Doing it twice, or in another order, comes to the same.
struct StreamEffects {
    let transaction: any Transaction
    let workspace: String
    let now: Timestamp

    func write(_ records: [StreamRecord], of stream: EventStream) throws {
        var predictions: [OutsidePrediction] = []
        var labels: [(Label, Timestamp)] = []
        var rows: [FeatureRow] = []
        for record in records {
            switch record.effect {
            case .prediction(let prediction): predictions.append(prediction)
            case .label(let label, let time): labels.append((label, time))
            case .features(let row): rows.append(row)
            }
        }
        if let endpoint = stream.specification.endpoint {
            _ = try OutsidePredictions(of: endpoint, in: workspace, transaction).record(predictions, at: now)
            try write(labels, of: endpoint)
        }
        if let service = stream.specification.service {
            _ = try OnlineFeatures.write(try OnlineFeatures.check(rows), to: service, in: workspace, at: now, transaction)
        }
    }

    /// Of the labels of one prediction the one that was known last counts; one that was known earlier and comes later changes nothing.
    private func write(_ labels: [(Label, Timestamp)], of endpoint: String) throws {
        guard !labels.isEmpty else { return }
        var newest: [String: (label: Label, time: Timestamp)] = [:]
        for (label, time) in labels where newest[label.predictionID].map({ $0.time <= time }) ?? true {
            newest[label.predictionID] = (label, time)
        }
        let known = try times(of: newest.keys.sorted(), of: endpoint)
        let current = newest.values.filter { candidate in known[candidate.label.predictionID].map { $0 <= candidate.time } ?? true }
            .sorted { $0.label.predictionID < $1.label.predictionID }
        _ = try LabelTable(transaction: transaction, workspace: workspace, endpoint: endpoint).record(current.map(\.label), at: now)
        guard !current.isEmpty else { return }
        try transaction.insert(
            into: "stream_label (workspace, endpoint, prediction, time, taken)",
            rows: current.map {
                [
                    .text(workspace), .text(endpoint), .text($0.label.predictionID), .integer($0.time.milliseconds),
                    .integer(now.milliseconds),
                ]
            }, "ON CONFLICT (workspace, endpoint, prediction) DO UPDATE SET time = excluded.time, taken = excluded.taken")
    }

    private func times(of predictions: [String], of endpoint: String) throws -> [String: Timestamp] {
        var times: [String: Timestamp] = [:]
        for start in stride(from: 0, to: predictions.count, by: 500) {
            let some = predictions[start..<min(start + 500, predictions.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try transaction.rows(
                "SELECT prediction, time FROM stream_label WHERE workspace = ? AND endpoint = ? AND prediction IN (\(marks))",
                values: [.text(workspace), .text(endpoint)] + some.map { .text($0) })
            for row in rows { times[try row["prediction"]] = try row["time"] }
        }
        return times
    }
}
