// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow document …`
package struct DocumentCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "document", abstract: "See what is declared, by whom and from where.", subcommands: [List.self, Show.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List declared objects.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Only those of this source.") var source: String?

        func run() async throws {
            let objects: [DocumentAnswer] = try await options.client().items(
                "/api/v1/documents", ["source": source], limit: listing.limit)
            if options.json { return try Output.json(objects) }
            Output.table(
                ["kind", "name", "source", "generation", "applied", "by", "commit"],
                objects.map {
                    [$0.kind, $0.name, $0.source, "\($0.generation)", Output.time($0.applied), $0.author, $0.commit ?? "-"]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a declared object as it was last applied.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its kind, such as Monitor.") var kind: String
        @Argument var name: String
        @Flag(help: "Print the document as it was written.") var document = false

        func run() async throws {
            let answer: DocumentAnswer = try await options.client().get(path("documents", kind, name))
            if options.json { return try Output.json(answer) }
            if document { return print(answer.document ?? "", terminator: "") }
            Output.table(
                ["what", "value"],
                [
                    ["object", "\(answer.kind) \(answer.name)"], ["source", answer.source], ["file", answer.file],
                    ["generation", "\(answer.generation)"], ["digest", answer.digest],
                    ["applied", "\(Output.time(answer.applied)) by \(answer.author)"], ["commit", answer.commit ?? "-"],
                    ["declared since", Output.time(answer.created)],
                ])
        }
    }
}

/// `dhow schema`
package struct SchemaCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of a kind of documents, or list the kinds.")

    @OptionGroup var options: ClientOptions
    @Argument(help: "The kind; 'all' for one schema of all kinds. Without it the kinds are listed.") var kind: String?

    package init() {}

    package func run() async throws {
        let client = try options.client()
        guard let kind else {
            let page: Page<DocumentKindAnswer> = try await client.get("/api/v1/schemas")
            if options.json { return try Output.json(page.items) }
            return Output.table(["kind", "is", "schema"], page.items.map { [$0.kind, $0.summary, client.url + $0.schema] })
        }
        try Output.json(try await client.get(path("schemas", kind), as: JSONValue.self))
    }
}
