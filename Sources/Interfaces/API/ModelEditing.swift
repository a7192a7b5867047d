// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/models`
package struct CreateModelRequest: Codable, Sendable {
    package var name: String
    package var description: String?
    package var tags: [TagBody]?

    package init(name: String, description: String? = nil, tags: [TagBody]? = nil) {
        self.name = name
        self.description = description
        self.tags = tags
    }
}

/// `PATCH /api/v1/models/{model}`; what is absent stays.
package struct UpdateModelRequest: Codable, Sendable {
    package var name: String?
    package var description: String?

    package init(name: String? = nil, description: String? = nil) {
        self.name = name
        self.description = description
    }
}

/// `PATCH /api/v1/models/{model}/versions/{version}`
package struct DescribeRequest: Codable, Sendable {
    package var description: String

    package init(description: String) {
        self.description = description
    }
}
