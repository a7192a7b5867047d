// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow version provenance …`
struct ProvenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provenance", abstract: "Print how a version was made: a signed in-toto statement with SLSA provenance.",
        discussion: """
            The output is a DSSE envelope. With --statement it is what the envelope holds, for people; with --key the public key, which \
            those who verify should have been given before.
            """)

    @OptionGroup var options: ClientOptions
    @Flag(help: "Print the statement without the envelope and signature.") var statement = false
    @Flag(help: "Print the public key that statements are signed with, as PEM.") var key = false
    @Argument var model: String?
    @Argument(help: "A number, an alias or 'latest'.") var version = "latest"

    func validate() throws {
        guard key != (model != nil) else { throw ValidationError("Name a model, or give --key.") }
    }

    func run() async throws {
        let client = try options.client()
        guard let model else { return try Self.write(try await client.bytes(path("provenance", "key"))) }
        let envelope = try await client.bytes(path("models", model, "versions", version, "provenance"))
        guard statement else { return try Self.write(envelope + Data("\n".utf8)) }
        guard let payload = try JSONDecoder().decode(Envelope.self, from: envelope).bytes else {
            throw Problem(.internal, "client.envelope.malformed", "The server's envelope holds no base 64.")
        }
        try Output.json(try JSONDecoder().decode(JSONValue.self, from: payload))
    }

    private struct Envelope: Decodable {
        var payload: String
        var bytes: Data? { Data(base64Encoded: payload) }
    }

    static func write(_ bytes: Data) throws { try FileHandle.standardOutput.write(contentsOf: bytes) }
}

extension LineageCommands {
    struct OfExecution: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "execution", abstract: "Print an execution as OpenLineage events, one in a line, in the order of their times.")

        @OptionGroup var options: ClientOptions
        @Argument var execution: String

        func run() async throws {
            try ProvenanceCommand.write(try await options.client().bytes(path("executions", execution, "lineage")))
        }
    }
}
