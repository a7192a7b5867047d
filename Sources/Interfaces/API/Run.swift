// SPDX-License-Identifier: Apache-2.0

/// One point of a series; `value` is null when it is not a number.
package struct MetricPointBody: Codable, Sendable {
    package var value: Double?
    package var step: Int64
    package var time: Int64

    package init(value: Double?, step: Int64, time: Int64) {
        self.value = value
        self.step = step
        self.time = time
    }
}

/// A point with the key of its series, as it is logged or as the latest of a run.
package struct MetricBody: Codable, Sendable {
    package var key: String
    package var value: Double?
    /// 0 when absent.
    package var step: Int64?
    /// Now when absent.
    package var time: Int64?

    package init(key: String, value: Double?, step: Int64?, time: Int64?) {
        self.key = key
        self.value = value
        self.step = step
        self.time = time
    }
}

/// `GET /api/v1/runs/{run}/metrics/{key}?points=N`: a whole series, thinned when it has more points.
package struct MetricSeriesAnswer: Codable, Sendable {
    package var key: String
    /// How many points the series has.
    package var count: Int
    package var points: [MetricPointBody]

    package init(key: String, count: Int, points: [MetricPointBody]) {
        self.key = key
        self.count = count
        self.points = points
    }
}

/// A source of examples as the training program described it.
package struct RunInputAnswer: Codable, Sendable {
    package var name: String
    package var digest: String
    package var sourceType: String
    package var context: String?

    package init(name: String, digest: String, sourceType: String, context: String?) {
        self.name = name
        self.digest = digest
        self.sourceType = sourceType
        self.context = context
    }
}

/// A logged model that a run read (`input`) or made (`output`).
package struct RunModelAnswer: Codable, Sendable {
    package var model: String
    package var direction: String
    package var step: Int64

    package init(model: String, direction: String, step: Int64) {
        self.model = model
        self.direction = direction
        self.step = step
    }
}

/// `GET /api/v1/runs/{run}`
package struct RunAnswer: Codable, Sendable {
    package var id: String
    package var experiment: Int64
    package var name: String
    /// As the training program named its user; the ledger names the principal.
    package var author: String
    /// `running`, `scheduled`, `finished`, `failed` or `killed`.
    package var status: String
    package var started: Int64
    package var ended: Int64?
    /// `active` or `deleted`.
    package var lifecycle: String
    package var params: [TagBody]
    package var tags: [TagBody]
    /// The latest point of each series.
    package var metrics: [MetricBody]
    package var inputs: [RunInputAnswer]
    package var models: [RunModelAnswer]

    package init(
        id: String, experiment: Int64, name: String, author: String, status: String, started: Int64, ended: Int64?, lifecycle: String,
        params: [TagBody], tags: [TagBody], metrics: [MetricBody], inputs: [RunInputAnswer], models: [RunModelAnswer]
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.author = author
        self.status = status
        self.started = started
        self.ended = ended
        self.lifecycle = lifecycle
        self.params = params
        self.tags = tags
        self.metrics = metrics
        self.inputs = inputs
        self.models = models
    }
}

/// `POST /api/v1/runs`
package struct CreateRunRequest: Codable, Sendable {
    package var experiment: Int64
    package var name: String?
    /// Now when absent.
    package var started: Int64?
    package var tags: [TagBody]?

    package init(experiment: Int64, name: String? = nil, started: Int64? = nil, tags: [TagBody]? = nil) {
        self.experiment = experiment
        self.name = name
        self.started = started
        self.tags = tags
    }
}

/// `PATCH /api/v1/runs/{run}`: what is absent stays as it is.
package struct UpdateRunRequest: Codable, Sendable {
    package var status: String?
    package var ended: Int64?
    package var name: String?

    package init(status: String? = nil, ended: Int64? = nil, name: String? = nil) {
        self.status = status
        self.ended = ended
        self.name = name
    }
}

/// `POST /api/v1/runs/{run}/log`: stored together or not at all.
package struct LogRequest: Codable, Sendable {
    package var params: [TagBody]?
    package var metrics: [MetricBody]?
    package var tags: [TagBody]?

    package init(params: [TagBody]? = nil, metrics: [MetricBody]? = nil, tags: [TagBody]? = nil) {
        self.params = params
        self.metrics = metrics
        self.tags = tags
    }
}
