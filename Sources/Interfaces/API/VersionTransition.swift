// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/models/{model}/versions/{version}/transitions`
package struct TransitionRequest: Codable, Sendable {
    /// `none`, `staging`, `production` or `archived`.
    package var environment: String
    package var reason: String
    /// Whether versions that are there now are archived.
    package var replacing: Bool?

    package init(environment: String, reason: String, replacing: Bool? = nil) {
        self.environment = environment
        self.reason = reason
        self.replacing = replacing
    }
}

/// One move of a version; in a list of what stood where, the move that brought it there.
package struct TransitionAnswer: Codable, Sendable {
    package var id: String
    package var model: String
    package var version: Int64
    package var from: String
    package var to: String
    package var author: String
    package var time: Int64
    package var reason: String

    package init(id: String, model: String, version: Int64, from: String, to: String, author: String, time: Int64, reason: String) {
        self.id = id
        self.model = model
        self.version = version
        self.from = from
        self.to = to
        self.author = author
        self.time = time
        self.reason = reason
    }
}
