// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow blob …`
package struct BlobCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "blob", abstract: "Look after stored bytes.", subcommands: [Collect.self])

    package init() {}

    struct Collect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete blobs that nothing refers to.")

        @OptionGroup var options: ClientOptions
        @Flag(help: "Only report what would go.") var dryRun = false
        @Option(help: "Keep what was stored within this many seconds.") var grace: Int64 = 24 * 3600

        func run() async throws {
            let answer: CollectBlobsAnswer = try await options.client().post(
                "/api/v1/storage/collections", CollectBlobsRequest(isDryRun: dryRun, graceSeconds: grace))
            if options.json { return try Output.json(answer) }
            print("\(dryRun ? "Would delete" : "Deleted") \(answer.count) blobs, \(answer.bytes) bytes.")
            for digest in answer.digests { print("  \(digest)") }
        }
    }
}

/// `dhow key …`
package struct KeyCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Look after the keys that encrypt stored bytes.", subcommands: [Rotate.self])

    package init() {}

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key-encryption key and wrap every data key under it; no stored content is rewritten.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let answer: KeyRotationAnswer = try await options.client().post("/api/v1/storage/key-rotations", [String: String]())
            if options.json { return try Output.json(answer) }
            print("The current key is \(answer.key); \(answer.rewrapped) blobs were wrapped anew.")
            if answer.damaged > 0 { print("\(answer.damaged) blobs do not verify and were left as they are.") }
        }
    }
}
