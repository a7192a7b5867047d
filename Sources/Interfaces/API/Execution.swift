// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/executions`
package struct StartExecutionRequest: Codable, Sendable {
    package var pipeline: String
    /// A snapshot is named by its id, or as `DATASET@N`, the N-th newest.
    package var parameters: [String: JSONValue]?

    package init(pipeline: String, parameters: [String: JSONValue]? = nil) {
        self.pipeline = pipeline
        self.parameters = parameters
    }
}

/// `POST /api/v1/executions/{execution}/again`
package struct RepeatExecutionRequest: Codable, Sendable {
    /// Keep what ended well, with the same version and parameters; else the newest version is run, with what the cache has.
    package var fromFailed: Bool?
    /// Parameters that are to differ.
    package var parameters: [String: JSONValue]?

    package init(fromFailed: Bool?, parameters: [String: JSONValue]?) {
        self.fromFailed = fromFailed
        self.parameters = parameters
    }
}

/// `GET /api/v1/executions/{execution}/explanation`
package struct ExplanationAnswer: Codable, Sendable {
    package struct Step: Codable, Sendable {
        package var step: String
        package var state: String
        package var because: String
        /// What differs from the last success before.
        package var changes: [String]

        package init(step: String, state: String, because: String, changes: [String]) {
            (self.step, self.state, self.because, self.changes) = (step, state, because, changes)
        }
    }

    package var steps: [Step]

    package init(steps: [Step]) { self.steps = steps }
}

/// One try of a step.
package struct AttemptAnswer: Codable, Sendable {
    package var number: Int
    package var started: Int64
    package var ended: Int64?
    /// `succeeded`, `failed`, `refused`, `killed`, `timed out`, `cancelled` or `lost`.
    package var outcome: String?
    package var detail: String?

    package init(number: Int, started: Int64, ended: Int64?, outcome: String?, detail: String?) {
        self.number = number
        self.started = started
        self.ended = ended
        self.outcome = outcome
        self.detail = detail
    }
}

/// One step of an execution. `outputs` are values, digests of files, or digests by path for folders.
package struct StepAnswer: Codable, Sendable {
    package var name: String
    package var kind: String
    /// `waiting`, `ready`, `running`, `succeeded`, `reused`, `omitted`, `failed`, `skipped` or `cancelled`.
    package var state: String
    /// Of a step that runs for each element of a list, how many of its runs are in each state.
    package var items: [String: Int]?
    package var attempts: [AttemptAnswer]
    package var outputs: [String: JSONValue]
    /// The execution whose result stands for this step's, when it was reused.
    package var reusedFrom: String?
    /// Why it is in its state, when there is something to say.
    package var why: String?

    package init(
        name: String, kind: String, state: String, items: [String: Int]? = nil, attempts: [AttemptAnswer], outputs: [String: JSONValue],
        reusedFrom: String?,
        why: String?
    ) {
        self.name = name
        self.kind = kind
        self.state = state
        self.items = items
        self.attempts = attempts
        self.outputs = outputs
        self.reusedFrom = reusedFrom
        self.why = why
    }
}

/// `GET /api/v1/executions/{execution}`; `status` is `queued`, `running`, `paused`, `waitingForApproval`, `succeeded`, `failed` or `cancelled`.
package struct ExecutionAnswer: Codable, Sendable {
    package var id: String
    package var pipeline: String
    package var pipelineVersion: Int
    package var parameters: [String: JSONValue]
    package var status: String
    package var startedBy: String
    package var cause: String?
    /// The execution whose successes stand in this one.
    package var resumes: String?
    package var created: Int64
    package var ended: Int64?
    /// Absent in lists.
    package var steps: [StepAnswer]?

    package init(
        id: String, pipeline: String, pipelineVersion: Int, parameters: [String: JSONValue], status: String, startedBy: String,
        cause: String?, resumes: String? = nil, created: Int64, ended: Int64?, steps: [StepAnswer]?
    ) {
        self.resumes = resumes
        self.id = id
        self.pipeline = pipeline
        self.pipelineVersion = pipelineVersion
        self.parameters = parameters
        self.status = status
        self.startedBy = startedBy
        self.cause = cause
        self.created = created
        self.ended = ended
        self.steps = steps
    }
}

/// One of `GET /api/v1/executions/{execution}/reports`: what a tool of a step reported.
package struct StepReportAnswer: Codable, Sendable {
    package struct Finding: Codable, Sendable {
        /// `error`, `warning` or `note`.
        package var level: String
        /// The rule, or the test.
        package var name: String
        package var message: String
        package var file: String?
        package var line: Int?
        package var column: Int?

        package init(level: String, name: String, message: String, file: String?, line: Int?, column: Int?) {
            (self.level, self.name, self.message) = (level, name, message)
            (self.file, self.line, self.column) = (file, line, column)
        }
    }

    package var step: String
    package var attempt: Int
    /// Of the output.
    package var name: String
    /// `junit` or `sarif`.
    package var format: String
    package var tool: String?
    package var passed: Int
    package var skipped: Int
    /// All findings there were, of which the first 500 are here.
    package var found: Int
    package var reusedFrom: String?
    package var findings: [Finding]

    package init(
        step: String, attempt: Int, name: String, format: String, tool: String?, passed: Int, skipped: Int, found: Int, reusedFrom: String?,
        findings: [Finding]
    ) {
        (self.step, self.attempt, self.name, self.format, self.tool) = (step, attempt, name, format, tool)
        (self.passed, self.skipped, self.found, self.reusedFrom, self.findings) = (passed, skipped, found, reusedFrom, findings)
    }
}
