// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One answered row: what went in, what came out, which revision answered and when.
package struct Prediction: Sendable, Codable, Equatable {
    package var id: String
    package var endpoint: String
    /// The moment the prediction is about, in the client's word; the moment of the request when it gave none.
    package var time: Timestamp
    package var revision: Int
    /// While a rollout runs: the candidate's revision and its share when this row was assigned; evidence is weighed with it.
    package var candidate: Int?
    package var candidatePercent: Int
    /// Values by input name.
    package var inputs: [String: JSONValue]
    /// Nil when the model's answer was not a finite number.
    package var score: Double?
    package var logged: Timestamp
    /// How long the revision took: waiting for its turn and computing, for all rows that it had of the request. Nil where it was not
    /// measured, as before this was kept.
    package var microseconds: Int64?
    /// Rows of the request that this one came with, itself among them.
    package var requestRows: Int?
    /// Values by output name; nil where the endpoint logs the score only.
    package var outputs: [String: JSONValue]?

    package init(
        id: String, endpoint: String, time: Timestamp, revision: Int, candidate: Int?, candidatePercent: Int, inputs: [String: JSONValue],
        score: Double?, logged: Timestamp, microseconds: Int64? = nil, requestRows: Int? = nil,
        outputs: [String: JSONValue]? = nil
    ) {
        self.id = id
        self.endpoint = endpoint
        self.time = time
        self.revision = revision
        self.candidate = candidate
        self.candidatePercent = candidatePercent
        self.inputs = inputs
        self.score = score
        self.logged = logged
        self.microseconds = microseconds
        self.requestRows = requestRows
        self.outputs = outputs
    }
}

/// What turned out to be true of one prediction.
package struct Label: Sendable, Codable, Equatable {
    package var predictionID: String
    package var value: Double

    package init(predictionID: String, value: Double) {
        self.predictionID = predictionID
        self.value = value
    }
}

/// A prediction with its label.
package struct LabelledPrediction: Sendable {
    package var prediction: Prediction
    package var label: Double

    package init(prediction: Prediction, label: Double) {
        self.prediction = prediction
        self.label = label
    }
}
