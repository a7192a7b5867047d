// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow secret …`
package struct SecretCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Keep values that steps get by name and nobody is shown.",
        subcommands: [Set.self, List.self, Delete.self])

    package init() {}

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a secret or give it another value.",
            discussion:
                "The value is read from standard input or a file, without the last line break, so that it stands in no shell's history.")

        @OptionGroup var options: ClientOptions
        @Argument var secret: String
        @Option(help: "File that holds the value; standard input when left out.") var file: String?

        func run() async throws {
            let data: Data
            if let file {
                guard let contents = FileManager.default.contents(atPath: file) else {
                    throw Problem(.invalid, "client.file.unreadable", "'\(file.printable)' cannot be read.")
                }
                data = contents
            } else {
                data = try FileHandle.standardInput.readToEnd() ?? Data()
            }
            guard var value = String(data: data, encoding: .utf8) else {
                throw Problem(.invalid, "client.secret.binary", "The value is not text.", fix: "Encode it, for instance as base 64.")
            }
            if value.hasSuffix("\n") { value.removeLast() }
            let answer: SecretAnswer = try await options.client().put(path("secrets", secret), SetSecretRequest(value: value))
            if options.json { return try Output.json(answer) }
            print("Secret \(answer.name) is set.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the names of the secrets.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<SecretAnswer> = try await options.client().get("/api/v1/secrets")
            if options.json { return try Output.json(page.items) }
            Output.table(["secret", "set", "by"], page.items.map { [$0.name, Output.time($0.updated), $0.author] })
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a secret; steps that name it fail from then on.")

        @OptionGroup var options: ClientOptions
        @Argument var secret: String

        func run() async throws {
            let answer: EmptyAnswer = try await options.client().delete(path("secrets", secret))
            if options.json { return try Output.json(answer) }
            print("Secret \(secret) is deleted.")
        }
    }
}
