// SPDX-License-Identifier: Apache-2.0

package import Domain

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
    /// How long the revision took for the rows it had of the request; absent where it was not measured.
    package var microseconds: Int64?
    /// Rows of the request that this one came with, itself among them.
    package var requestRows: Int?
    /// Values by output name, where the endpoint logs them.
    package var outputs: Inputs?

    package init(
        id: String, endpoint: String, time: Int64, revision: Int, candidate: Int?, candidatePercent: Int, inputs: Inputs, score: Double?,
        label: Double?, logged: Int64, microseconds: Int64? = nil, requestRows: Int? = nil, outputs: Inputs? = nil
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
        self.microseconds = microseconds
        self.requestRows = requestRows
        self.outputs = outputs
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

/// What a mirrored version answered, beside what clients got.
package struct MirrorAnswer: Codable, Sendable {
    package var model: String
    package var version: Int
    package var percent: Int
    package var rows: Int
    package var failed: Int
    /// Rows with both scores.
    package var paired: Int
    /// Of the paired rows, mirrored minus given.
    package var meanDifference: Double?
    package var meanAbsoluteDifference: Double?
    /// Paired rows with scores on different sides of a half.
    package var flipped: Int

    package init(
        model: String, version: Int, percent: Int, rows: Int, failed: Int, paired: Int, meanDifference: Double?,
        meanAbsoluteDifference: Double?, flipped: Int
    ) {
        self.model = model
        self.version = version
        self.percent = percent
        self.rows = rows
        self.failed = failed
        self.paired = paired
        self.meanDifference = meanDifference
        self.meanAbsoluteDifference = meanAbsoluteDifference
        self.flipped = flipped
    }
}

/// What is known of one entity at `time`, in milliseconds since 1970 UTC.
package struct FeatureRowBody: Codable, Sendable {
    package var entity: String
    package var time: Int64
    package var values: [String: JSONValue]

    package init(entity: String, time: Int64, values: [String: JSONValue]) {
        self.entity = entity
        self.time = time
        self.values = values
    }
}

package struct FeatureRowsRequest: Codable, Sendable {
    package var rows: [FeatureRowBody]

    package init(rows: [FeatureRowBody]) {
        self.rows = rows
    }
}

/// How many rows were newer than what was there.
package struct FeatureRowsAnswer: Codable, Sendable {
    package var changed: Int

    package init(changed: Int) {
        self.changed = changed
    }
}

/// `POST /api/v1/endpoints/{endpoint}/predictions/restore`: `[start, end)`, by event time.
package struct RestorePredictionsRequest: Codable, Sendable {
    package var start: Int64
    package var end: Int64

    package init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }
}

package struct RestorePredictionsAnswer: Codable, Sendable {
    package var restored: Int

    package init(restored: Int) {
        self.restored = restored
    }
}
