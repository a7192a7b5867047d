// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
import Domain
import Foundation

/// Signs messages and sends them; the one path of deliveries and tests.
package struct WebhookSender: Sendable {
    let formats: WebhookFormats
    private let vault: any KeyVault
    private let egress: any EgressClient
    /// Nil where no mail can be sent.
    private let mail: (any MailClient)?

    package init(formats: WebhookFormats, vault: any KeyVault, egress: any EgressClient, mail: (any MailClient)? = nil) {
        self.formats = formats
        self.vault = vault
        self.egress = egress
        self.mail = mail
    }

    /// - Parameter id: The same for every attempt of a delivery, so that the receiver knows it again.
    /// - Throws: `Problem` of the egress client, or for a secret or format that this installation cannot read.
    func send(_ body: String, id: String, to stored: StoredWebhook, at time: Timestamp) async throws -> EgressAnswer {
        let format = try formats.named(stored.webhook.format)
        let url: EgressURL
        switch try WebhookTarget(stored.webhook.url, format: format.name) {
        case .request(let found): url = found
        case .mail(let target): return try await send(body, id: id, to: target, password: try await open(stored), at: time)
        }
        let seconds = String(time.milliseconds / 1000)
        var headers = [
            (name: "Content-Type", value: format.contentType), (name: "User-Agent", value: "dhow"),
            (name: format.headers.id, value: id), (name: format.headers.timestamp, value: seconds),
        ]
        if let secret = try await open(stored) {
            let signature = Self.signature(of: body, id: id, seconds: seconds, key: format.signingKey(of: secret))
            headers.append((name: format.headers.signature, value: signature))
        }
        return try await egress.send(EgressRequest(url: url, headers: headers, body: Array(body.utf8)))
    }

    /// Refuses a URL that leads where nothing may be sent; one whose host has no address yet is let pass.
    func check(_ url: String, format: String) async throws {
        do {
            switch try WebhookTarget(url, format: format) {
            case .request(let url): try await egress.check(url)
            case .mail(let target): try await mailClient.check(target)
            }
        } catch let problem as Problem where problem.kind == .unavailable {}
    }

    private var mailClient: any MailClient {
        get throws {
            guard let mail else {
                throw Problem(.invalid, "webhook.format.unknown", "This server sends no mail.", fix: "Use another format.")
            }
            return mail
        }
    }

    /// A server that took the mail has answered 250.
    private func send(_ body: String, id: String, to target: MailTarget, password: String?, at time: Timestamp) async throws -> EgressAnswer
    {
        let text = try JSONDecoder().decode([String: String].self, from: Data(body.utf8))
        try await mailClient.send(
            Mail(id: id, subject: text["subject"] ?? "", text: text["text"] ?? "", time: time), to: target, password: password)
        return EgressAnswer(status: 250, body: [])
    }

    /// The secret as it is kept: readable only with the key vault and for this webhook.
    func seal(_ secret: String, of id: String) async throws -> WrappedKey {
        try await vault.wrap(SymmetricKey(data: Array(secret.utf8)), context: Self.context(id))
    }

    private func open(_ stored: StoredWebhook) async throws -> String? {
        guard let sealed = stored.secret else { return nil }
        let secret = try await vault.unwrap(sealed, context: Self.context(stored.webhook.id))
        return secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// HMAC-SHA256 of `id.seconds.body`, as Standard Webhooks and MLflow have it: `v1,` and base 64.
    package static func signature(of body: String, id: String, seconds: String, key: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(seconds).\(body)".utf8), using: SymmetricKey(data: key))
        return "v1," + Data(code).base64EncodedString()
    }

    private static func context(_ id: String) -> [UInt8] { Array("webhook/\(id)".utf8) }
}
