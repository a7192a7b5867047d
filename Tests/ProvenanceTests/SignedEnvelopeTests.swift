// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Provenance
import Testing

@Suite("Signed envelopes")
struct SignedEnvelopeTests {
    /// The example of DSSE's `protocol.md`.
    @Test func `what is signed is the encoding that DSSE prescribes`() {
        let encoded = SignedEnvelope.preAuthenticationEncoding("http://example.com/HelloWorld", Array("hello world".utf8))
        #expect(String(decoding: encoded, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test func `the signature is of the key that is told`() throws {
        let signer = try AttestationSigner(seed: SymmetricKey(size: .bits256))
        let envelope = try signer.sign(Array("{}".utf8), as: SignedEnvelope.statementType)
        let lines = signer.publicKey.split(separator: "\n")
        let key = try #require(Data(base64Encoded: String(lines[1])))
        let signature = try #require(Data(base64Encoded: envelope.signatures[0].sig))
        let signed = SignedEnvelope.preAuthenticationEncoding(SignedEnvelope.statementType, Array("{}".utf8))
        #expect(try Curve25519.Signing.PublicKey(rawRepresentation: key.suffix(32)).isValidSignature(signature, for: signed))
        #expect(envelope.payload == "e30=")
    }
}
