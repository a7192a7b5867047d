// SPDX-License-Identifier: Apache-2.0

/// `GET /api/v1/experiments/{experiment}`
package struct ExperimentAnswer: Codable, Sendable {
    package var id: Int64
    package var name: String
    /// `active` or `deleted`.
    package var lifecycle: String
    /// Where its runs keep their artifacts when not in Dhow's store; as the client named it.
    package var place: String?
    package var created: Int64
    package var updated: Int64
    package var tags: [TagBody]

    package init(id: Int64, name: String, lifecycle: String, place: String?, created: Int64, updated: Int64, tags: [TagBody]) {
        self.id = id
        self.name = name
        self.lifecycle = lifecycle
        self.place = place
        self.created = created
        self.updated = updated
        self.tags = tags
    }
}

/// `POST /api/v1/experiments`
package struct CreateExperimentRequest: Codable, Sendable {
    package var name: String
    package var tags: [TagBody]?

    package init(name: String, tags: [TagBody]? = nil) {
        self.name = name
        self.tags = tags
    }
}

/// `PATCH /api/v1/experiments/{experiment}`
package struct RenameRequest: Codable, Sendable {
    package var name: String

    package init(name: String) {
        self.name = name
    }
}

/// `PUT …/tags/{key}`
package struct TagValueRequest: Codable, Sendable {
    package var value: String

    package init(value: String) {
        self.value = value
    }
}
