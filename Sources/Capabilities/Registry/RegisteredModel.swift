// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Tracking

/// A named line of model versions.
package struct RegisteredModel: Codable, Equatable, Sendable {
    package var name: String
    package var description: String?
    package var author: String
    package var created: Timestamp
    package var updated: Timestamp
    package var tags: [Tag] = []
    package var aliases: [ModelAlias] = []

    package init(name: String, description: String?, author: String, created: Timestamp, updated: Timestamp, tags: [Tag] = []) {
        self.name = name
        self.description = description
        self.author = author
        self.created = created
        self.updated = updated
        self.tags = tags
    }

    package static func unknown(_ name: String) -> Problem {
        Problem(
            .notFound, "registry.model.unknown", "Registered Model with name=\(name.printable) not found",
            fix: "Create it, or list those there are.")
    }
}

/// A movable name for one version, such as `champion`.
package struct ModelAlias: Codable, Equatable, Sendable {
    package var alias: String
    package var number: Int64

    package init(alias: String, number: Int64) {
        self.alias = alias
        self.number = number
    }
}

/// What registry things may be called.
package enum RegistryName {
    package static let maximumModelLength = 256
    package static let maximumAliasLength = 255
    package static let maximumTagKeyLength = 250
    package static let maximumTagLength = 100_000
    package static let maximumDescriptionLength = 100_000

    package static func check(model name: String) throws(Problem) {
        let isPrintable = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && !"/:\\".unicodeScalars.contains($0) }
        guard !name.isEmpty, name.unicodeScalars.count <= maximumModelLength, isPrintable, name != ".", name != ".." else {
            throw Problem(
                .invalid, "registry.model.name-malformed", "Invalid value for registered model name: '\(name.printable)'.",
                why: "Names have 1 to \(maximumModelLength) characters, without '/', ':', '\\' and control characters.",
                fix: "Choose a name such as 'churn'.")
        }
    }

    package static func check(alias: String) throws(Problem) {
        let isPlain = alias.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
        guard !alias.isEmpty, alias.utf8.count <= maximumAliasLength, isPlain else {
            throw Problem(
                .invalid, "registry.alias.malformed", "Invalid alias name: '\(alias.printable)'.",
                why: "Aliases have 1 to \(maximumAliasLength) letters, digits, '_' and '-'.")
        }
        let lowered = alias.lowercased()
        guard lowered != "latest", !(lowered.hasPrefix("v") && lowered.count > 1 && lowered.dropFirst().allSatisfy(\.isNumber)) else {
            throw Problem(
                .invalid, "registry.alias.reserved", "Invalid alias name: '\(alias.printable)' is reserved.",
                why: "'latest' and 'v' with digits read like versions.")
        }
    }

    package static func check(_ tag: Tag) throws(Problem) {
        guard tag.key.unicodeScalars.count <= maximumTagKeyLength, tag.value.unicodeScalars.count <= maximumTagLength else {
            throw Problem(
                .invalid, "registry.tag.length", "The tag '\(tag.key.printable)' is too long.",
                why: "A key has at most \(maximumTagKeyLength) characters, a value \(maximumTagLength).")
        }
        try TrackingKey.check(tag.key, of: "tag")
    }

    package static func check(description: String?) throws(Problem) {
        guard let description, description.utf8.count > maximumDescriptionLength else { return }
        throw Problem(
            .invalid, "registry.description.length", "The description has \(description.utf8.count) bytes.",
            why: "At most \(maximumDescriptionLength) are kept.")
    }
}
