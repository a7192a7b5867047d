// SPDX-License-Identifier: Apache-2.0

package import Domain

/// `POST /api/v1/triggers`: makes the trigger or replaces the one of that name.
package struct ApplyTriggerRequest: Codable, Sendable {
    package var name: String
    /// The event, such as `performance.breached`.
    package var event: String
    /// Only events about this resource or beneath it.
    package var resource: String?
    package var pipeline: String
    package var parameters: [String: JSONValue]?

    package init(name: String, event: String, resource: String? = nil, pipeline: String, parameters: [String: JSONValue]? = nil) {
        self.name = name
        self.event = event
        self.resource = resource
        self.pipeline = pipeline
        self.parameters = parameters
    }
}

package struct TriggerAnswer: Codable, Sendable {
    package var name: String
    package var event: String
    package var resource: String?
    package var pipeline: String
    package var parameters: [String: JSONValue]
    package var author: String
    package var created: Int64

    package init(
        name: String, event: String, resource: String?, pipeline: String, parameters: [String: JSONValue], author: String, created: Int64
    ) {
        self.name = name
        self.event = event
        self.resource = resource
        self.pipeline = pipeline
        self.parameters = parameters
        self.author = author
        self.created = created
    }
}

/// What came of one event: an execution, or the reason why none was started.
package struct TriggerFiringAnswer: Codable, Sendable {
    package var entry: String
    package var execution: String?
    package var blocked: String?
    package var time: Int64

    package init(entry: String, execution: String?, blocked: String?, time: Int64) {
        self.entry = entry
        self.execution = execution
        self.blocked = blocked
        self.time = time
    }
}
