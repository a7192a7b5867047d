// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Mail to servers that people name, as `EgressClient` for requests: only to addresses that were checked. Implementation: `SMTPMailClient`.
package protocol MailClient: Sendable {
    /// - Throws: `Problem` `.invalid` `egress.address.refused`; `.unavailable` `egress.host.unknown`.
    func check(_ target: MailTarget) async throws

    /// When it returns, the server has taken the mail for all receivers.
    ///
    /// - Throws: What `check` throws; `.unavailable` when trying again may help, `.invalid` when it would not.
    func send(_ mail: Mail, to target: MailTarget, password: String?) async throws
}

/// One mail in plain text.
package struct Mail: Sendable, Equatable {
    /// Names it; the same for every attempt.
    package var id: String
    package var subject: String
    package var text: String
    package var time: Timestamp

    package init(id: String, subject: String, text: String, time: Timestamp) {
        self.id = id
        self.subject = subject
        self.text = text
        self.time = time
    }
}
