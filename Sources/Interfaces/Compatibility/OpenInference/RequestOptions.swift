// SPDX-License-Identifier: Apache-2.0

package import Domain
import HTTPServer
import HTTPTypes
import Hummingbird
package import Serving

/// What a request says beside its rows, in headers or in its query, whatever protocol it speaks.
package enum RequestOptions {
    /// Keeps all rows of the request with one revision.
    static let entityHeader = "Dhow-Entity"
    /// Asks for one revision, as `?revision=` does.
    static let revisionHeader = "Dhow-Revision"
    /// Milliseconds that the answer may take.
    static let timeoutHeader = "Dhow-Timeout"

    static func apply(_ request: Request, to inference: inout InferenceRequest) throws(Problem) {
        try apply(to: &inference) { value(of: $0, in: request) }
        if inference.revision == nil, let text = request.uri.queryParameters["revision"] { inference.revision = try revision(String(text)) }
    }

    /// - Parameter value: Of a header, or of what the protocol has in its place.
    package static func apply(to inference: inout InferenceRequest, _ value: (_ header: String) -> String?) throws(Problem) {
        if let entity = value(entityHeader) { inference.entity = entity }
        if let text = value(revisionHeader) { inference.revision = try revision(text) }
        if let text = value(timeoutHeader) {
            guard let milliseconds = Int(text), milliseconds > 0 else {
                throw Problem(
                    .invalid, "inference.timeout.malformed", "\(timeoutHeader) is '\(text.printable)'.", why: "It is milliseconds, from 1.")
            }
            inference.deadline = .now + .milliseconds(milliseconds)
        }
    }

    static func revision(_ text: String) throws(Problem) -> Int {
        guard let revision = Int(text), revision > 0 else {
            throw Problem(
                .invalid, "inference.revision.malformed", "'\(text.printable)' is not the number of a revision.",
                fix: "See the revisions: dhow endpoint show ENDPOINT.")
        }
        return revision
    }

    private static func value(of header: String, in request: Request) -> String? {
        HTTPField.Name(header).flatMap { request.headers[$0] }
    }
}
