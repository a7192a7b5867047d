// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Governance
import HTTPTypes
package import Logging
import NIOCore
import Synchronization

/// What the direct handlers of all connections share: the routes, the door before them, and what is counted.
package final class DirectAnswering: Sendable {
    /// Larger bodies go through the router, which lends the loop to others while it reads them.
    static let bodyLimit = 1 << 20

    private let routes: [any DirectRoute]
    private let series: [RequestSeries]
    private let gate: AccessGate
    private let identifiers: IdentifierSource
    private let logger: Logger
    private let clock = ContinuousClock()
    private let dates = DateText()

    package init(routes: [any DirectRoute], gate: AccessGate, observer: RequestObserver, identifiers: IdentifierSource, logger: Logger) {
        self.routes = routes
        self.gate = gate
        self.identifiers = identifiers
        self.logger = logger
        series = routes.map { observer.metrics.series(method: "POST", route: $0.path) }
    }

    /// Position of the route that may answer; nil for requests that only the router understands.
    func route(claiming head: HTTPRequest) -> Int? {
        guard head.method == .post, head.headerFields[.expect] == nil, head.headerFields[.idempotencyKey] == nil else { return nil }
        if let length = head.headerFields[.contentLength], Int(length).map({ $0 > Self.bodyLimit }) ?? true { return nil }
        return routes.firstIndex { $0.claims(head) }
    }

    /// - Returns: Nil when the request is the router's.
    func answer(_ head: HTTPRequest, body: ByteBuffer, by position: Int) -> (head: HTTPResponse, body: ByteBuffer)? {
        let route = routes[position]
        let start = clock.now
        let requestID = RequestIdentity.acceptable(head.headerFields[.requestID]) ?? identifiers.next()
        let status: HTTPResponse.Status
        var fields: HTTPFields
        let content: ByteBuffer
        do {
            guard let caller = gate.admitAtOnce(head, requestID: requestID, for: route.permission),
                let answer = try route.answer(DirectRequest(head: head, body: body, caller: caller, requestID: requestID))
            else { return nil }
            status = .ok
            fields = answer.headers
            fields[.contentType] = answer.contentType
            fields[.xContentTypeOptions] = "nosniff"
            content = answer.body
        } catch {
            let refusal = ProblemMapping(form: route.problems).plain(error, logger: logger)
            (status, fields) = (refusal.status, refusal.headers)
            content = ByteBuffer(bytes: refusal.body)
        }
        fields[.contentLength] = String(content.readableBytes)
        fields[.requestID] = requestID
        fields[.server] = "dhow"
        fields[.date] = dates.now()
        let elapsed = clock.now - start
        series[position].count(status: status.code, seconds: Double(elapsed.components.attoseconds) / 1e18 + Double(elapsed.components.seconds))
        logger.info(
            "request",
            metadata: [
                "request": .string(requestID), "method": "POST", "route": .string(route.path), "status": .string(String(status.code)),
            ])
        return (HTTPResponse(status: status, headerFields: fields), content)
    }
}

/// The `Date` of answers, put into words once a second.
private final class DateText: Sendable {
    private let state = Mutex<(second: Int64, text: String)>((0, ""))

    func now() -> String {
        let second = SystemWallClock().now().milliseconds / 1000
        return state.withLock { state in
            if state.second != second { state = (second, Self.text(second)) }
            return state.text
        }
    }

    /// As RFC 9110 section 5.6.7 has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func text(_ second: Int64) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + Int(parts.tm_year)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
