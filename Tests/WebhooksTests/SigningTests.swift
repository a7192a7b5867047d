// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Testing

@Suite("Signatures and messages")
struct SigningTests {
    /// Made with `mlflow.webhooks.delivery._generate_hmac_signature` of mlflow 3.17.2.
    @Test("signs as MLflow does")
    func mlflow() {
        let signature = WebhookSender.signature(
            of: #"{"a":1}"#, id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", seconds: "1700000000", key: Array("s3cret-ü".utf8))
        #expect(signature == "v1,IseNdyVWgW9+TGtF0oThFKGbjQXFlW8ZNf1wPmozHdU=")
    }

    /// The example of the Standard Webhooks specification.
    @Test("signs as Standard Webhooks say")
    func standard() {
        let signature = WebhookSender.signature(
            of: #"{"test": 2432232314}"#, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: "1614265330",
            key: CloudEventFormat().signingKey(of: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("takes verbs, nouns and everything for events", arguments: ["version.registered", "rollout.*", "*", "logged-model.created"])
    func events(event: String) throws {
        try CloudEventFormat().check(event: event)
    }

    @Test("refuses other events", arguments: ["", "version", "version.", ".x", "a.b.c", "*.x", "Version.Registered", "v e.r"])
    func malformedEvents(event: String) {
        #expect(throws: Problem.self) { try CloudEventFormat().check(event: event) }
    }

    @Test("doubles the wait up to an hour, and gives up after sixteen attempts")
    func backoff() {
        let waits = (1...17).map { WebhookRetry.wait(after: $0, jitter: 1) }
        #expect(waits[..<4] == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(waits[11] == .seconds(2048))
        #expect(waits[12] == .seconds(3600))
        #expect(waits[14] == .seconds(3600))
        #expect(waits[15] == nil)
        #expect(WebhookRetry.wait(after: 2, jitter: 0.5) == .seconds(1))
        #expect(WebhookRetry.wait(after: 2, jitter: 0) == .seconds(1))
    }

    @Test(
        "knows what a status says",
        arguments: [
            (200, "done"), (204, "done"), (301, "never"), (400, "never"), (404, "never"), (410, "never"), (408, "later"), (429, "later"),
            (500, "later"), (503, "later"),
        ])
    func statuses(status: Int, verdict: String) {
        let found =
            switch WebhookOutcome(status: status) {
            case .delivered: "done"
            case .failed: "later"
            case .refused: "never"
            }
        #expect(found == verdict)
    }
}
