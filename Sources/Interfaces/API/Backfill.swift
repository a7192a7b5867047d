// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/backfills`: either `from`, `to` and `step`, or `values`.
package struct StartBackfillRequest: Codable, Sendable {
    package var pipeline: String
    /// The parameter that differs from one execution to the next.
    package var parameter: String
    /// Dates, both included: `2026-01-31`.
    package var from: String?
    package var to: String?
    /// `day`, `week` or `month`.
    package var step: String?
    package var values: [String]?
    /// The values of the other parameters.
    package var parameters: [String: JSONValue]?
    /// How many executions run at once; 1 when absent.
    package var concurrency: Int?
    /// Whether partitions that succeeded before are done again.
    package var again: Bool?

    package init(
        pipeline: String, parameter: String, from: String? = nil, to: String? = nil, step: String? = nil, values: [String]? = nil,
        parameters: [String: JSONValue]? = nil, concurrency: Int? = nil, again: Bool? = nil
    ) {
        self.pipeline = pipeline
        self.parameter = parameter
        self.from = from
        self.to = to
        self.step = step
        self.values = values
        self.parameters = parameters
        self.concurrency = concurrency
        self.again = again
    }
}

package struct BackfillAnswer: Codable, Sendable {
    package var id: String
    package var pipeline: String
    package var parameter: String
    package var parameters: [String: JSONValue]
    package var concurrency: Int
    /// `running`, `paused`, `cancelled` or `done`.
    package var state: String
    package var author: String
    package var created: Int64
    package var ended: Int64?
    /// How many partitions are `waiting`, `running`, `succeeded`, `failed`, `cancelled` and `skipped`.
    package var counts: [String: Int]

    package init(
        id: String, pipeline: String, parameter: String, parameters: [String: JSONValue], concurrency: Int, state: String, author: String,
        created: Int64, ended: Int64?, counts: [String: Int]
    ) {
        self.id = id
        self.pipeline = pipeline
        self.parameter = parameter
        self.parameters = parameters
        self.concurrency = concurrency
        self.state = state
        self.author = author
        self.created = created
        self.ended = ended
        self.counts = counts
    }
}

package struct BackfillPartitionAnswer: Codable, Sendable {
    package var position: Int
    package var value: JSONValue
    package var state: String
    package var execution: String?
    package var detail: String?

    package init(position: Int, value: JSONValue, state: String, execution: String?, detail: String?) {
        self.position = position
        self.value = value
        self.state = state
        self.execution = execution
        self.detail = detail
    }
}
