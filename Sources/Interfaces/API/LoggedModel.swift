// SPDX-License-Identifier: Apache-2.0

/// The latest point that one run logged about a model.
package struct LoggedModelMetricAnswer: Codable, Sendable {
    package var key: String
    package var value: Double?
    package var step: Int64
    package var time: Int64
    package var run: String

    package init(key: String, value: Double?, step: Int64, time: Int64, run: String) {
        self.key = key
        self.value = value
        self.step = step
        self.time = time
        self.run = run
    }
}

/// `GET /api/v1/logged-models/{model}`
package struct LoggedModelAnswer: Codable, Sendable {
    package var id: String
    package var experiment: Int64
    package var name: String
    package var type: String?
    package var run: String?
    /// `pending`, `ready` or `failed`.
    package var status: String
    package var created: Int64
    package var updated: Int64
    package var params: [TagBody]
    package var tags: [TagBody]
    package var metrics: [LoggedModelMetricAnswer]

    package init(
        id: String, experiment: Int64, name: String, type: String?, run: String?, status: String, created: Int64, updated: Int64,
        params: [TagBody], tags: [TagBody], metrics: [LoggedModelMetricAnswer]
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.type = type
        self.run = run
        self.status = status
        self.created = created
        self.updated = updated
        self.params = params
        self.tags = tags
        self.metrics = metrics
    }
}

/// `POST /api/v1/logged-models`
package struct CreateLoggedModelRequest: Codable, Sendable {
    package var experiment: Int64
    package var name: String
    package var type: String?
    package var run: String?
    package var params: [TagBody]?
    package var tags: [TagBody]?

    package init(
        experiment: Int64, name: String, type: String? = nil, run: String? = nil, params: [TagBody]? = nil, tags: [TagBody]? = nil
    ) {
        self.experiment = experiment
        self.name = name
        self.type = type
        self.run = run
        self.params = params
        self.tags = tags
    }
}

/// `PATCH /api/v1/logged-models/{model}`: how the upload of its files ended.
package struct FinishLoggedModelRequest: Codable, Sendable {
    package var status: String

    package init(status: String) {
        self.status = status
    }
}
