// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
package import Domain

/// A prediction that was made outside this installation, by a version that an endpoint here stands for.
package struct OutsidePrediction: Sendable, Equatable {
    package var id: String
    package var time: Timestamp
    /// The endpoint's revision that it counts for; the newest one that is not retired when nil.
    package var revision: Int?
    package var inputs: [String: JSONValue]
    package var score: Double?
    package var outputs: [String: JSONValue]?

    package init(
        id: String, time: Timestamp, revision: Int? = nil, inputs: [String: JSONValue], score: Double?, outputs: [String: JSONValue]? = nil
    ) {
        self.id = id
        self.time = time
        self.revision = revision
        self.inputs = inputs
        self.score = score
        self.outputs = outputs
    }
}

/// Takes predictions from outside into the log. The endpoint's settings hold for them as for its own: what is redacted is not written,
/// outputs are written where they are asked for. Its fraction does not: who sends chooses.
package struct OutsidePredictions {
    private let transaction: any Transaction
    private let endpoint: EndpointName

    package init(of endpoint: String, in workspace: String, _ transaction: any Transaction) {
        self.endpoint = EndpointName(workspace: workspace, name: endpoint)
        self.transaction = transaction
    }

    /// Writes those whose ids are new; a prediction that is there is left as it is, whatever time is given now.
    ///
    /// - Returns: How many were new.
    /// - Throws: `Problem` `.invalid` when a revision does not exist.
    package func record(_ predictions: [OutsidePrediction], at now: Timestamp) throws -> Int {
        guard !predictions.isEmpty else { return 0 }
        var known = try ids(among: predictions.map(\.id))
        let log = try EndpointSettingsTable(transaction: transaction).find(endpoint).settings.log
        let redacted = Set(log?.redact ?? [])
        let revisions = RevisionTable(transaction: transaction, workspace: endpoint.workspace)
        var checked: [Int: Bool] = [:]
        var usual: Int?
        var rows: [(workspace: String, prediction: Prediction)] = []
        for prediction in predictions where known.insert(prediction.id).inserted {
            let revision: Int
            if let named = prediction.revision {
                let exists = try checked[named] ?? (revisions.find(endpoint.name, named) != nil)
                checked[named] = exists
                guard exists else { throw unknown("revision \(named)") }
                revision = named
            } else {
                let newest = try usual ?? revisions.revisions(endpoint.name).first { $0.retired == nil }?.number
                guard let newest else { throw unknown("a revision that answers") }
                (usual, revision) = (newest, newest)
            }
            let row = Prediction(
                id: prediction.id, endpoint: endpoint.name, time: prediction.time, revision: revision, candidate: nil, candidatePercent: 0,
                inputs: prediction.inputs.filter { !redacted.contains($0.key) }, score: prediction.score, logged: now,
                outputs: log?.outputs == true ? prediction.outputs : nil)
            rows.append((endpoint.workspace, row))
        }
        try PredictionTable(transaction: transaction).insert(rows)
        return rows.count
    }

    private func ids(among ids: [String]) throws -> Set<String> {
        var known: Set<String> = []
        for start in stride(from: 0, to: ids.count, by: 500) {
            let some = ids[start..<min(start + 500, ids.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try transaction.rows(
                "SELECT id FROM prediction WHERE id IN (\(marks)) AND workspace = ?",
                values: some.map { .text($0) } + [.text(endpoint.workspace)])
            for row in rows { known.insert(try row["id"]) }
        }
        return known
    }

    private func unknown(_ what: String) -> Problem {
        Problem(
            .invalid, "serving.prediction.revision-unknown", "Endpoint '\(endpoint.name)' has not \(what).",
            why: "A prediction counts for the model version of a revision.",
            fix: "Release the version to the endpoint first, or name a revision that it has: dhow endpoint show \(endpoint.name).")
    }
}
