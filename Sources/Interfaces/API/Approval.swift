// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/approvals`: asks people for a yes or no to a release.
package struct RequestApprovalRequest: Codable, Sendable {
    package var endpoint: String
    package var model: String
    package var version: Int
    package var gateReport: String
    /// For deciding and releasing together; seven days when absent, at most ninety.
    package var lifetimeSeconds: Int64?
    /// Names of users; with `roles`, either is enough. Everyone with the permission when both are absent.
    package var approvers: [String]?
    package var roles: [String]?
    /// How many people must say yes; 1 when absent.
    package var count: Int?
    package var remindAfterSeconds: Int64?

    package init(
        endpoint: String, model: String, version: Int, gateReport: String, lifetimeSeconds: Int64? = nil, approvers: [String]? = nil,
        roles: [String]? = nil, count: Int? = nil, remindAfterSeconds: Int64? = nil
    ) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.lifetimeSeconds = lifetimeSeconds
        self.approvers = approvers
        self.roles = roles
        self.count = count
        self.remindAfterSeconds = remindAfterSeconds
    }
}

/// `POST /api/v1/approvals/{approval}/decision`, `POST /api/v1/approval-links/{link}/decision`; `decision` is `approve` or `reject`.
package struct DecideApprovalRequest: Codable, Sendable {
    package var decision: String
    /// Why; 1 to 2000 bytes.
    package var comment: String

    package init(decision: String, comment: String) {
        self.decision = decision
        self.comment = comment
    }
}

/// `POST /api/v1/approvals/{approval}/links`: for which user.
package struct MakeApprovalLinkRequest: Codable, Sendable {
    package var principal: String

    package init(principal: String) {
        self.principal = principal
    }
}

/// A link for one user to one decision.
package struct ApprovalLinkAnswer: Codable, Sendable {
    package var id: String
    package var approval: String
    package var principal: String
    package var expires: Int64
    /// For `/api/v1/approval-links/{link}`.
    package var link: String
    /// Beneath the server's address, for a browser.
    package var path: String

    package init(id: String, approval: String, principal: String, expires: Int64, link: String, path: String) {
        self.id = id
        self.approval = approval
        self.principal = principal
        self.expires = expires
        self.link = link
        self.path = path
    }
}

/// What one person said.
package struct ApprovalDecisionAnswer: Codable, Sendable {
    package var principal: String
    package var decision: String
    package var comment: String
    package var decided: Int64
    /// Id of the ledger entry; `GET /api/v1/ledger/entries/{entry}/receipt` proves it.
    package var entry: String
    /// Id of the link through which it came.
    package var link: String?

    package init(principal: String, decision: String, comment: String, decided: Int64, entry: String, link: String?) {
        self.principal = principal
        self.decision = decision
        self.comment = comment
        self.decided = decided
        self.entry = entry
        self.link = link
    }
}

/// `GET /api/v1/approvals/{approval}`; `state` is `pending`, `approved`, `rejected`, `withdrawn` or `expired`.
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
    package var approvers: [String]
    package var roles: [String]
    package var count: Int
    package var remindAfterSeconds: Int64?
    package var decisions: [ApprovalDecisionAnswer]
    /// Of whoever decided last, when it is decided.
    package var decidedBy: String?
    package var decided: Int64?
    package var comment: String?
    package var withdrawnBy: String?

    package init(
        id: String, endpoint: String, model: String, version: Int, gateReport: String, gateReportDigest: String, requestedBy: String,
        requested: Int64, expires: Int64, state: String, approvers: [String] = [], roles: [String] = [], count: Int = 1,
        remindAfterSeconds: Int64? = nil, decisions: [ApprovalDecisionAnswer] = [], decidedBy: String?, decided: Int64?, comment: String?,
        withdrawnBy: String? = nil
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
        self.approvers = approvers
        self.roles = roles
        self.count = count
        self.remindAfterSeconds = remindAfterSeconds
        self.decisions = decisions
        self.decidedBy = decidedBy
        self.decided = decided
        self.comment = comment
        self.withdrawnBy = withdrawnBy
    }
}
