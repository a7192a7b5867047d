// SPDX-License-Identifier: Apache-2.0

package import API
package import Foundation

/// Where things are brought over from, read part by part in one fixed order.
package protocol ImportSource: Sendable {
    /// All names that must be free, or have come from here before.
    func names() async throws -> (experiments: [ExperimentName], models: [String])

    /// The part after a position; nil when there is no more.
    ///
    /// - Parameter position: As an earlier part gave it; nil for the beginning.
    func part(after position: String?) async throws -> SourcePart?

    /// Whether a position that an earlier, interrupted import reached is one of this source as it is now.
    func canGoOn(after position: String) -> Bool
}

extension ImportSource {
    package func canGoOn(after position: String) -> Bool { true }
}

/// What is read at once, and the files that come with it.
package struct SourcePart: Sendable {
    package var experiments: [ExperimentRecord] = []
    package var loggedModels: [LoggedModelRecord] = []
    package var runs: [RunRecord] = []
    package var metrics: [SeriesRecord] = []
    package var files: [SourceFile] = []
    package var models: [RegisteredModelRecord] = []
    package var versions: [VersionRecord] = []
    /// Bytes that versions name by digest.
    package var blobs: [SourceBlob] = []
    /// Models whose aliases are set now, since all their versions are there; the models themselves came before.
    package var aliases: [RegisteredModelRecord] = []
    /// How many things were left behind, by what they are and why.
    package var omitted: [String: Int64] = [:]
    /// Where the source is after this part.
    package var position: String

    package init(position: String) {
        self.position = position
    }
}

/// A file on this machine that belongs to a run or a logged model.
package struct SourceFile: Sendable {
    package var run: String?
    package var loggedModel: String?
    package var path: String
    package var file: URL
    package var contentType: String?
    /// What its bytes must have; nil when the source does not say.
    package var digest: String?
    /// The file was fetched for this part and goes once it is stored.
    package var isTemporary = false
    /// As the source says; 0 when it does not.
    package var bytes: Int64 = 0

    package init(run: String?, loggedModel: String?, path: String, file: URL) {
        self.run = run
        self.loggedModel = loggedModel
        self.path = path
        self.file = file
    }
}

/// A file on this machine that holds the bytes with a digest.
package struct SourceBlob: Sendable {
    package var digest: String
    package var file: URL

    package init(digest: String, file: URL) {
        self.digest = digest
        self.file = file
    }
}
