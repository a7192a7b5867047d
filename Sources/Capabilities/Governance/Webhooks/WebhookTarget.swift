// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Where a webhook's messages go: requests to a URL, or mail by a server.
package enum WebhookTarget: Sendable {
    case request(EgressURL)
    case mail(MailTarget)

    /// The one format that goes by mail.
    package static let mailFormat = "email"

    /// - Throws: `Problem` `.invalid` for a URL that is none, or that another format goes to.
    init(_ url: String, format: String) throws(Problem) {
        guard MailTarget.isMail(url) == (format == Self.mailFormat) else {
            throw Problem(
                .invalid, "webhook.format.url",
                "Messages in the format '\(format.printable)' cannot go to '\(url.printable)'.",
                why: "The format '\(Self.mailFormat)', and it alone, goes to smtp and smtps.")
        }
        self = format == Self.mailFormat ? .mail(try MailTarget(url)) : .request(try EgressURL(url))
    }

    var host: String {
        switch self {
        case .request(let url): url.host
        case .mail(let target): target.host
        }
    }
}
