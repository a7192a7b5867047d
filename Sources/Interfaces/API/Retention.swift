// SPDX-License-Identifier: Apache-2.0

/// `PUT /api/v1/retention/workspace`, `PUT /api/v1/retention/experiments/{experiment}`: what is absent is kept for ever.
package struct SetRetentionRequest: Codable, Sendable {
    /// Runs, logged models and experiments are purged that many days after they were put away.
    package var deletedDays: Int64?
    /// Runs that nothing refers to are put away that many days after they ended.
    package var unreferredDays: Int64?
    /// Traces are deleted that many days after they began.
    package var traceDays: Int64?

    package init(deletedDays: Int64?, unreferredDays: Int64?, traceDays: Int64?) {
        self.deletedDays = deletedDays
        self.unreferredDays = unreferredDays
        self.traceDays = traceDays
    }
}

/// `GET /api/v1/retention`
package struct RetentionPolicyAnswer: Codable, Sendable {
    /// Absent for the policy of the workspace.
    package var experiment: Int64?
    package var deletedDays: Int64?
    package var unreferredDays: Int64?
    package var traceDays: Int64?
    package var author: String
    package var updated: Int64

    package init(
        experiment: Int64?, deletedDays: Int64?, unreferredDays: Int64?, traceDays: Int64?, author: String, updated: Int64
    ) {
        self.experiment = experiment
        self.deletedDays = deletedDays
        self.unreferredDays = unreferredDays
        self.traceDays = traceDays
        self.author = author
        self.updated = updated
    }
}

/// `POST /api/v1/retention/passes`
package struct RetentionPassRequest: Codable, Sendable {
    package var isDryRun: Bool

    package init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }
}

package struct RetentionPassAnswer: Codable, Sendable {
    package var isDryRun: Bool
    package var lines: [Line]

    package struct Line: Codable, Sendable {
        /// `put-runs-away`, `purge-runs`, `purge-logged-models`, `purge-experiments` or `delete-traces`.
        package var action: String
        package var count: Int64
        package var files: Int64
        package var bytes: Int64
        /// The first hundred.
        package var ids: [String]

        package init(action: String, count: Int64, files: Int64, bytes: Int64, ids: [String]) {
            self.action = action
            self.count = count
            self.files = files
            self.bytes = bytes
            self.ids = ids
        }
    }

    package init(isDryRun: Bool, lines: [Line]) {
        self.isDryRun = isDryRun
        self.lines = lines
    }
}
