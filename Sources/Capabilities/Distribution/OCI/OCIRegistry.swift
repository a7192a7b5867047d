// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import Synchronization

/// One repository of a registry that speaks the OCI distribution specification (1.1, and 1.0 as Debian's `docker-registry` has it).
///
/// Read first what a request is: `send` authenticates when it is asked to, and repeats what may be repeated.
package final class OCIRegistry: Sendable {
    /// What a push or pull may do there.
    package enum Access: String, Sendable {
        case pull
        case push = "pull,push"
    }

    package struct Settings: Sendable {
        /// Longest time without a byte.
        package var patience = Duration.seconds(60)
        /// Bytes of a blob that are sent at once, and so held in memory.
        package var piece: Int64 = 8 << 20
        /// Failures one after another, without a byte between them, before it is given up.
        package var tries = 5
        /// Before the first repetition; doubled with each.
        package var pause = Duration.milliseconds(200)
        /// HTTP without TLS also to another machine.
        package var isPlain = false

        package init() {}
    }

    package let reference: OCIReference
    let settings: Settings
    private let exchange: any EgressExchange
    private let access: Access
    private let credential: RegistryCredential?
    private let clock: any Clock<Duration>
    private let authorization = Mutex<String?>(nil)
    private static let maximumRedirects = 5
    /// Of a registry's own account of an error.
    static let longestError = 16 << 10

    package init(
        _ reference: OCIReference, _ access: Access, exchange: any EgressExchange, credential: RegistryCredential?,
        settings: Settings = Settings(), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.reference = reference
        self.access = access
        self.exchange = exchange
        self.credential = credential
        self.settings = settings
        self.clock = clock
    }

    /// Whether requests go without TLS: to this machine, and where the caller said so.
    private var isPlain: Bool { settings.isPlain || reference.isLoopback }

    func url(_ path: String) throws(Problem) -> EgressURL {
        let host = reference.authority == "docker.io" ? "registry-1.docker.io" : reference.authority
        return try EgressURL("\(isPlain ? "http" : "https")://\(host)/v2/\(reference.repository)/\(path)")
    }

    /// A `Location` in an answer, which may be a path or another host's; never a way out of TLS.
    func url(_ location: String, from base: EgressURL) throws(Problem) -> EgressURL {
        guard let from = URL(string: base.text), let full = URL(string: location, relativeTo: from)?.absoluteURL else {
            throw Self.broken(reference, "It sends to '\(location.printable)', which is no address.")
        }
        let url = try EgressURL(full.absoluteString)
        guard url.isSecure || !base.isSecure else { throw Self.broken(reference, "It sends from https to http.") }
        return url
    }

    /// One request, authenticated once more when the registry asks for it. Every status is returned, also 401 after that.
    func send(
        _ method: String, _ url: EgressURL, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws -> EgressStream {
        let first = try await sendOnce(method, url, headers, body)
        guard first.status == 401 else { return first }
        guard let header = try await authenticate(first.all("WWW-Authenticate")) else { return first }
        authorization.withLock { $0 = header }
        return try await sendOnce(method, url, headers, body)
    }

    /// For requests that change nothing when they come twice: again after a broken connection and after 429, 502, 503 and 504.
    func repeating(
        _ method: String, _ url: EgressURL, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws -> EgressStream {
        var failures = 0
        while true {
            do {
                let answer = try await send(method, url, headers, body: body)
                guard [429, 502, 503, 504].contains(answer.status), failures + 1 < settings.tries else { return answer }
                failures += 1
            } catch let problem as Problem where problem.isPassing {
                failures += 1
                guard failures < settings.tries else { throw problem }
            }
            try await pause(after: failures)
        }
    }

    /// Follows redirects, as registries send to where their blobs are; credentials stay with the registry.
    func read(_ path: String, _ headers: [(name: String, value: String)]) async throws -> EgressStream {
        let origin = try url(path)
        var place = origin
        for _ in 0...Self.maximumRedirects {
            let isOurs = place.host == origin.host && place.port == origin.port
            let answer =
                isOurs
                ? try await send("GET", place, headers)
                : try await exchange.exchange(EgressTransfer("GET", place, headers: headers, patience: settings.patience))
            guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer["Location"] else { return answer }
            place = try url(location, from: place)
        }
        throw Self.broken(reference, "It sends from one place to another more than \(Self.maximumRedirects) times.")
    }

    func pause(after failures: Int) async throws {
        try await clock.sleep(for: settings.pause * (1 << min(failures - 1, 6)) * Double.random(in: 0.5..<1.5))
    }

    private func sendOnce(
        _ method: String, _ url: EgressURL, _ headers: [(name: String, value: String)], _ body: [UInt8]
    ) async throws -> EgressStream {
        var headers = headers
        let isOurs = try url.host == self.url("").host && url.port == self.url("").port
        if isOurs, let header = authorization.withLock({ $0 }) { headers.append(("Authorization", header)) }
        return try await exchange.exchange(EgressTransfer(method, url, headers: headers, body: body, patience: settings.patience))
    }

    /// - Returns: What to send as `Authorization`; nil when there is nothing to show.
    private func authenticate(_ challenges: [String]) async throws -> String? {
        let offered = challenges.flatMap(RegistryChallenge.parse)
        if case .token(let token) = credential { return "Bearer \(token)" }
        if let bearer = offered.first(where: { $0.scheme == "bearer" }) { return try await token(bearer) }
        guard offered.contains(where: { $0.scheme == "basic" }), let credential else { return nil }
        return credential.header
    }

    /// A token of the server that the registry names (distribution's `token.md`); without credentials one for anybody.
    private func token(_ challenge: RegistryChallenge) async throws -> String? {
        guard let realm = challenge.parameters["realm"] else { return nil }
        let place = try EgressURL(realm)
        guard place.isSecure || isPlain else { throw Self.broken(reference, "It sends for a token to an address without TLS.") }
        var items = [URLQueryItem(name: "scope", value: "repository:\(reference.repository):\(access.rawValue)")]
        if let service = challenge.parameters["service"] { items.append(URLQueryItem(name: "service", value: service)) }
        var parts = URLComponents()
        parts.queryItems = items
        let query = parts.percentEncodedQuery ?? ""
        let url = try EgressURL(place.text + (place.target.contains("?") ? "&" : "?") + query)
        let headers = credential.map { [(name: "Authorization", value: $0.header)] } ?? []
        let answer = try await exchange.exchange(EgressTransfer("GET", url, headers: headers, patience: settings.patience))
        guard answer.status == 200 else {
            guard answer.status < 500 else {
                throw Problem(
                    .unavailable, "oci.registry.failed", "The server of tokens of \(reference.authority) answered \(answer.status).")
            }
            return nil
        }
        struct Token: Decodable {
            var token: String?
            var access_token: String?
        }
        let bytes = try await answer.beginning(64 << 10)
        guard let told = try? JSONDecoder().decode(Token.self, from: Data(bytes)), let token = told.token ?? told.access_token,
            token.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { throw Self.broken(reference, "Its server of tokens gives none.") }
        return "Bearer \(token)"
    }
}

extension Problem {
    /// Of a connection that broke or stood still: the next may not.
    var isPassing: Bool { ["egress.receiver.unreachable", "egress.receiver.late", "egress.host.unknown"].contains(code) }
}
