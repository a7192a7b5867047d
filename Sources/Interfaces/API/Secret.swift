// SPDX-License-Identifier: Apache-2.0

/// `PUT /api/v1/secrets/{secret}`
package struct SetSecretRequest: Codable, Sendable {
    package var value: String

    package init(value: String) {
        self.value = value
    }
}

/// A secret without its value, which nobody is shown.
package struct SecretAnswer: Codable, Sendable {
    package var name: String
    /// Who set it last.
    package var author: String
    package var updated: Int64

    package init(name: String, author: String, updated: Int64) {
        self.name = name
        self.author = author
        self.updated = updated
    }
}
