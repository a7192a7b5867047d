// SPDX-License-Identifier: Apache-2.0

import Delivery
import Foundation

/// The question on the page of a signed link, and the page that says how it was answered.
struct ApprovalForm {
    let opened: ApprovalLinks.Opened

    var text: String {
        let approval = opened.approval
        let subject = approval.subject
        let words = { (text: String) in GateReportPage.escaped(text) }
        return """
            <form method="post">
            <h2>Release \(words(subject.model)) version \(subject.version) on \(words(subject.endpoint))?</h2>
            <p>Asked by \(words(approval.requestedBy)), good until \(GateReportText.time(approval.expires)). \
            You decide as user:\(words(opened.grant.principal)); \(approval.missing) of \(approval.rule.count) still to say yes.</p>
            <label for="comment">What your decision rests on</label>
            <textarea id="comment" name="comment" required maxlength="\(Approvals.maximumComment)"></textarea>
            <button class="approve" name="decision" value="approve">Approve</button>
            <button class="reject" name="decision" value="reject">Reject</button>
            </form>
            """
    }

    static func outcome(of approval: Approval) -> String {
        let words = { (text: String) in GateReportPage.escaped(text) }
        let subject = approval.subject
        let entry = approval.decisions.last?.entry ?? ""
        return """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Approval \(approval.state.rawValue)</title><style>\(GateReportStyle.text)</style></head>
            <body>
            <p class="name">dhow</p>
            <h1>\(words(subject.model)) version \(subject.version) on \(words(subject.endpoint)) \
            <span class="badge \(approval.state.rawValue)">\(approval.state.rawValue)</span></h1>
            <p>Your decision is entry \(words(entry)) of the ledger. Its receipt: \
            <code>dhow approval receipt \(words(approval.id))</code></p>
            </body>
            </html>

            """
    }

    /// The fields of a form as a browser sends it (application/x-www-form-urlencoded).
    static func fields(of body: Data) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        return fields
    }
}
