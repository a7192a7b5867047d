// SPDX-License-Identifier: Apache-2.0

/// One revision of an endpoint, with its share of the traffic in whole per cents.
package struct RevisionAnswer: Codable, Sendable {
    package var revision: Int
    package var model: String
    package var version: Int
    package var release: String
    package var percent: Int
    package var created: Int64
    package var retired: Int64?

    package init(revision: Int, model: String, version: Int, release: String, percent: Int, created: Int64, retired: Int64?) {
        self.revision = revision
        self.model = model
        self.version = version
        self.release = release
        self.percent = percent
        self.created = created
        self.retired = retired
    }
}

/// `GET /api/v1/endpoints/{endpoint}`; in lists only the revisions with traffic. `split` counts the endpoint's splits.
package struct EndpointAnswer: Codable, Sendable {
    package var name: String
    package var split: Int
    package var since: Int64
    /// Newest first.
    package var revisions: [RevisionAnswer]

    package init(name: String, split: Int, since: Int64, revisions: [RevisionAnswer]) {
        self.name = name
        self.split = split
        self.since = since
        self.revisions = revisions
    }
}

/// `GET /api/v1/predictions/{id}`. `candidate` and its share are those of the rollout that ran when the row was assigned.
package struct PredictionAnswer<Inputs: Codable & Sendable>: Codable, Sendable {
    package var id: String
    package var endpoint: String
    package var time: Int64
    package var revision: Int
    package var candidate: Int?
    package var candidatePercent: Int
    /// Values by input name.
    package var inputs: Inputs
    package var score: Double?
    package var label: Double?
    package var logged: Int64

    package init(
        id: String, endpoint: String, time: Int64, revision: Int, candidate: Int?, candidatePercent: Int, inputs: Inputs, score: Double?,
        label: Double?, logged: Int64
    ) {
        self.id = id
        self.endpoint = endpoint
        self.time = time
        self.revision = revision
        self.candidate = candidate
        self.candidatePercent = candidatePercent
        self.inputs = inputs
        self.score = score
        self.label = label
        self.logged = logged
    }
}

/// What turned out to be true of one prediction, named by `<prediction_id>.<row>`.
package struct LabelBody: Codable, Sendable {
    package var prediction: String
    package var value: Double

    package init(prediction: String, value: Double) {
        self.prediction = prediction
        self.value = value
    }
}

/// `POST /api/v1/endpoints/{endpoint}/labels`: at most 10,000.
package struct RecordLabelsRequest: Codable, Sendable {
    package var labels: [LabelBody]

    package init(labels: [LabelBody]) {
        self.labels = labels
    }
}

/// How many labels were new, said something else before, or were there already.
package struct RecordLabelsAnswer: Codable, Sendable {
    package var recorded: Int
    package var corrected: Int
    package var unchanged: Int

    package init(recorded: Int, corrected: Int, unchanged: Int) {
        self.recorded = recorded
        self.corrected = corrected
        self.unchanged = unchanged
    }
}
