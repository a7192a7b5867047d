// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Governance
import HTTPTypes
package import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// What the direct handlers of all connections share: the routes, the door before them, and what is counted.
package final class DirectAnswering: Sendable {
    /// Larger bodies go through the router, which lends the loop to others while it reads them.
    static let bodyLimit = 1 << 20

    private let routes: [any DirectRoute]
    private let series: [RequestSeries]
    private let gate: AccessGate
    private let deadlines: RequestDeadlines
    private let identifiers: IdentifierSource
    private let logger: Logger
    private let dates = DateText()

    package init(
        routes: [any DirectRoute], gate: AccessGate, observer: RequestObserver, deadlines: RequestDeadlines, identifiers: IdentifierSource,
        logger: Logger
    ) {
        self.routes = routes
        self.gate = gate
        self.deadlines = deadlines
        self.identifiers = identifiers
        self.logger = logger
        series = routes.map { observer.metrics.series(method: "POST", route: $0.path) }
    }

    /// Position of the route that may answer; nil for requests that only the router understands.
    func route(claiming head: HTTPRequestHead) -> Int? {
        guard head.method == .POST, head.version == .http1_1, let position = routes.firstIndex(where: { $0.claims(head) }) else {
            return nil
        }
        for (name, value) in head.headers {
            // In the order of their lengths' frequency; other names cannot match.
            switch name.utf8.count {
            case 6 where name.lowercased() == "expect": return nil
            case 7 where name.lowercased() == "upgrade": return nil
            case 14 where name.lowercased() == "content-length":
                guard let length = Int(value), length <= Self.bodyLimit else { return nil }
            case 15 where name.lowercased() == "idempotency-key": return nil
            default: break
            }
        }
        return position
    }

    /// The whole answer as bytes, or how it comes to be.
    enum Reply: Sendable {
        case written(ByteBuffer)
        case later(@Sendable () async -> ByteBuffer)
        case router
    }

    func answer(_ head: HTTPRequestHead, body: ByteBuffer, by position: Int, _ memory: inout Memory) -> Reply {
        let route = routes[position]
        let start = ContinuousClock.now
        let headers = head.headers
        let requestID = RequestIdentity.acceptable(headers.first(name: "X-Request-ID")) ?? identifiers.next()
        let digest = headers.first(name: "Authorization").flatMap { memory.digest(of: $0, by: gate) }
        let workspace = headers.first(name: "Dhow-Workspace") ?? headers.first(name: "X-MLFLOW-WORKSPACE")
        guard let caller = gate.admitAtOnce(digest: digest, workspace: workspace, requestID: requestID, for: route.permission) else {
            return .router
        }
        do {
            switch try route.answer(DirectRequest(head: head, body: body, caller: caller, requestID: requestID)) {
            case .answer(let answer): return .written(finished(.success(answer), by: position, requestID, since: start))
            case .later(let work):
                return .later { [self] in
                    let result = await Result.catching { try await deadlines.limit(to: Route.usualTimeLimit, work) }
                    return finished(result, by: position, requestID, since: start)
                }
            case .router: return .router
            }
        } catch {
            return .written(finished(.failure(error), by: position, requestID, since: start))
        }
    }

    /// Counts and logs the request, and puts its answer into bytes.
    private func finished(
        _ result: Result<DirectAnswer, any Error>, by position: Int, _ requestID: String, since start: ContinuousClock.Instant
    ) -> ByteBuffer {
        let route = routes[position]
        var status = 200
        let answer: ByteBuffer
        switch result {
        case .success(let direct): answer = written(direct, requestID: requestID)
        case .failure(let error):
            let refusal = ProblemMapping(form: route.problems).plain(error, logger: logger)
            status = refusal.status.code
            answer = written(refusal, requestID: requestID)
        }
        let elapsed = (ContinuousClock.now - start).components
        series[position].count(status: status, seconds: Double(elapsed.attoseconds) / 1e18 + Double(elapsed.seconds))
        logger.info(
            "request",
            metadata: [
                "request": .string(requestID), "method": "POST", "route": .string(route.path), "status": .string(String(status)),
            ])
        return answer
    }

    private func written(_ answer: DirectAnswer, requestID: String) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: answer.body.count + 320)
        buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: ")
        buffer.writeStaticString(answer.contentType)
        if let header = answer.header {
            buffer.writeStaticString("\r\n")
            buffer.writeStaticString(header.name)
            buffer.writeStaticString(": ")
            buffer.writeString(String(header.value))
        }
        buffer.writeStaticString("\r\nX-Content-Type-Options: nosniff")
        writeEnd(of: &buffer, length: answer.body.count, requestID)
        buffer.writeBytes(answer.body)
        return buffer
    }

    private func written(_ refusal: (status: HTTPResponse.Status, headers: HTTPFields, body: Data), requestID: String) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: refusal.body.count + 320)
        buffer.writeString("HTTP/1.1 \(refusal.status.code) \(refusal.status.reasonPhrase)")
        for field in refusal.headers { buffer.writeString("\r\n\(field.name): \(field.value)") }
        writeEnd(of: &buffer, length: refusal.body.count, requestID)
        buffer.writeBytes(refusal.body)
        return buffer
    }

    private func writeEnd(of buffer: inout ByteBuffer, length: Int, _ requestID: String) {
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(length))
        buffer.writeStaticString("\r\nX-Request-ID: ")
        buffer.writeString(requestID)
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(dates.now())
        buffer.writeStaticString("\r\nServer: dhow\r\n\r\n")
    }

    /// What one connection remembers, so that a token sent with every request is digested once.
    struct Memory {
        private var authorization = ""
        private var digest: String?

        mutating func digest(of authorization: String, by gate: AccessGate) -> String? {
            if authorization != self.authorization || digest == nil {
                self.authorization = authorization
                digest = gate.tokenDigest(in: authorization)
            }
            return digest
        }
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

extension Result where Failure == any Error {
    /// What `body` gives or throws.
    fileprivate static func catching(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
