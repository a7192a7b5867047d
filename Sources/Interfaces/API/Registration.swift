// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/models/{model}/versions`: what the version is and where it came from, for good.
package struct RegisterVersionRequest: Codable, Sendable {
    /// The run it came from.
    package var run: String?
    /// The logged model it was, in place of a folder of the run.
    package var loggedModel: String?
    /// A file or folder among the artifacts of the logged model, else of the run; all of them when absent.
    package var artifact: String?
    package var snapshots: [String]?
    package var codeCommit: String?
    package var environmentLock: String?
    package var featureService: String?
    package var description: String?
    package var tags: [TagBody]?

    package init(
        run: String? = nil, loggedModel: String? = nil, artifact: String? = nil, snapshots: [String]? = nil, codeCommit: String? = nil,
        environmentLock: String? = nil, featureService: String? = nil, description: String? = nil, tags: [TagBody]? = nil
    ) {
        self.run = run
        self.loggedModel = loggedModel
        self.artifact = artifact
        self.snapshots = snapshots
        self.codeCommit = codeCommit
        self.environmentLock = environmentLock
        self.featureService = featureService
        self.description = description
        self.tags = tags
    }
}
