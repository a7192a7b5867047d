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

    package init(run: String?, loggedModel: String?, path: String, file: URL) {
        self.run = run
        self.loggedModel = loggedModel
        self.path = path
        self.file = file
    }
}
