// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import Governance
import Testing

@Suite("Signed notes and checkpoints")
struct SignedNoteTests {
    private let text: String
    private let note: String
    private let verifier: NoteVerifier
    private let signer: NoteSigner

    init() throws {
        let golden = try GoldenFile.json("signed-note.json")
        text = try #require(golden["text"]?.text)
        note = try #require(golden["note"]?.text)
        verifier = try NoteVerifier(parsing: try #require(golden["verifierKey"]?.text))
        // The seed follows the algorithm byte in the last part of the signer key.
        let parts = try #require(golden["signerKey"]?.text).split(separator: "+", maxSplits: 4)
        let seed = try #require(Data(base64Encoded: String(parts[4]))).dropFirst()
        signer = try NoteSigner(name: "PeterNeumann", seed: SymmetricKey(data: seed))
    }

    @Test("verifies the published note, with the published key and its id")
    func publishedNote() throws {
        let parsed = try SignedNote(parsing: note)
        #expect(parsed.text == text)
        #expect(try parsed.verify(by: [verifier]) == [verifier])
        #expect(verifier.hexadecimalID == "c74f20a3")
        #expect(parsed.description == note)
    }

    @Test("signs the published text byte for byte, under the published key")
    func signing() throws {
        #expect(signer.verifier == verifier)
        #expect(signer.verifier.description == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        #expect(try signer.sign(text).description == note)
        #expect("\(signer)" == "PeterNeumann+c74f20a3+<redacted>")
    }

    @Test("ignores signatures of unknown keys, and refuses a note that only they signed")
    func unknownKeys() throws {
        let other = try NoteSigner(name: "example.org/other", seed: SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
        let both = try SignedNote(text: text, signatures: try SignedNote(parsing: note).signatures + (try other.sign(text)).signatures)
        #expect(try both.verify(by: [verifier]) == [verifier])
        #expect(try both.verify(by: [verifier, other.verifier]).count == 2)
        #expect(throws: Problem.self) { try SignedNote(parsing: note).verify(by: [other.verifier]) }
    }

    @Test("refuses a changed text and a changed signature")
    func forgeries() throws {
        for (old, new) in [("cryptography", "Cryptography"), ("x08go/ZJkuBS", "x08go/ZJkuBT")] {
            let forged = try SignedNote(parsing: note.replacing(old, with: new))
            let problem = #expect(throws: Problem.self) { try forged.verify(by: [verifier]) }
            #expect(problem?.code == "ledger.note.forged")
        }
    }

    @Test(
        "refuses what is not a signed note",
        arguments: [
            "", "text\n", "text\n\n", "text\n\n— name AAAAAAA=\nno newline", "text\n\n- name AAAAAAA=\n", "text\n\n— name\n",
            "text\n\n— na+me AAAAAAA=\n", "text\n\n— name AAAAAAA\n", "te\u{1}xt\n\n— name AAAAAAA=\n", "text\n\n— name AAAAAAB=\n",
            "text\n\n— name AAAA\n",
        ])
    func malformedNotes(note: String) {
        let problem = #expect(throws: Problem.self) { try SignedNote(parsing: note) }
        #expect(problem?.code == "ledger.note.malformed")
    }

    @Test("keeps empty lines that belong to the text")
    func emptyLines() throws {
        let signed = try signer.sign("one\n\ntwo\n")
        #expect(try SignedNote(parsing: signed.description).text == "one\n\ntwo\n")
    }

    @Test(
        "refuses verifier keys that are not whole",
        arguments: [
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3",
            "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "Peter Neumann+c74f20a3+ARpc",
        ])
    func malformedKeys(key: String) {
        let problem = #expect(throws: Problem.self) { try NoteVerifier(parsing: key) }
        #expect(problem?.code == "ledger.key.malformed")
    }

    @Test("reads and writes checkpoints, and ties them to their log's key")
    func checkpoints() throws {
        // The note text of the example in C2SP tlog-checkpoint.
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.size == 20_852_163 && checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.text == text)
        #expect(try Checkpoint(parsing: text + "extension\n").extensions == ["extension"])
        let problem = #expect(throws: Problem.self) { try Checkpoint(try signer.sign(text), signedBy: verifier) }
        #expect(problem?.code == "ledger.checkpoint.foreign")
        let own = Checkpoint(origin: "PeterNeumann", size: 3, root: checkpoint.root)
        #expect(try Checkpoint(try signer.sign(own.text), signedBy: verifier) == own)
    }

    @Test(
        "refuses what is not a checkpoint",
        arguments: [
            "log\n1\n", "log\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "log\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "log\n1\nCsUYapGG\n",
            "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nmore\n", "log\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        ])
    func malformedCheckpoints(text: String) {
        let problem = #expect(throws: Problem.self) { try Checkpoint(parsing: text) }
        #expect(problem?.code == "ledger.checkpoint.malformed")
    }
}
