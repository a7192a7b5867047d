// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/approvals`: asks people for a yes or no to a release.
package struct RequestApprovalRequest: Codable, Sendable {
    package var endpoint: String
    package var model: String
    package var version: Int
    package var gateReport: String
    /// For deciding and releasing together; seven days when absent, at most ninety.
    package var lifetimeSeconds: Int64?

    package init(endpoint: String, model: String, version: Int, gateReport: String, lifetimeSeconds: Int64? = nil) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.lifetimeSeconds = lifetimeSeconds
    }
}

/// `POST /api/v1/approvals/{approval}/decision`; `decision` is `approve` or `reject`.
package struct DecideApprovalRequest: Codable, Sendable {
    package var decision: String
    /// Why; 1 to 2000 bytes.
    package var comment: String

    package init(decision: String, comment: String) {
        self.decision = decision
        self.comment = comment
    }
}

/// `GET /api/v1/approvals/{approval}`; `state` is `pending`, `approved` or `rejected`.
package struct ApprovalAnswer: Codable, Sendable {
    package var id: String
    package var endpoint: String
    package var model: String
    package var version: Int
    package var gateReport: String
    /// Of the report when the approval was asked for.
    package var gateReportDigest: String
    package var requestedBy: String
    package var requested: Int64
    package var expires: Int64
    package var state: String
    package var decidedBy: String?
    package var decided: Int64?
    package var comment: String?

    package init(
        id: String, endpoint: String, model: String, version: Int, gateReport: String, gateReportDigest: String, requestedBy: String,
        requested: Int64, expires: Int64, state: String, decidedBy: String?, decided: Int64?, comment: String?
    ) {
        self.id = id
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.gateReportDigest = gateReportDigest
        self.requestedBy = requestedBy
        self.requested = requested
        self.expires = expires
        self.state = state
        self.decidedBy = decidedBy
        self.decided = decided
        self.comment = comment
    }
}
