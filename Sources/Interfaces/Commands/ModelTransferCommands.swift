// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

/// How a registry is spoken to, for pushes and pulls.
struct RegistryOptions: ParsableArguments {
    @Option(help: "Secret of the workspace that holds a Docker config.json with credentials for the registry.")
    var secret: String?

    @Flag(name: .customLong("plain-http"), help: "Speak HTTP without TLS, also to another machine; to this one it is usual.")
    var plainHTTP = false

    @Option(help: "Seconds without a byte after which the registry counts as gone.")
    var patience: Int?
}

extension ModelCommands {
    /// `dhow model push …`
    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a version to an OCI registry, with what is signed about it.",
            discussion: """
                The artifact is a CNCF ModelPack. Attached to it are signed statements: which version it is, how it was made, and what \
                gates found. What the registry has already is not sent again, so a push that broke off is simply made again.
                """)

        @OptionGroup var options: ClientOptions
        @OptionGroup var registry: RegistryOptions
        @Argument(help: "MODEL, MODEL@ALIAS or MODEL@NUMBER; the latest version when nothing is named.") var model: String
        @Argument(help: "oci://HOST[:PORT]/REPOSITORY[:TAG]; the tag is 'latest' when left out.") var place: String

        func run() async throws {
            let (name, version) = Self.parts(model)
            let request = PushModelRequest(
                to: place, secret: registry.secret, plainHTTP: registry.plainHTTP ? true : nil, patience: registry.patience)
            let progress = UploadProgress(of: name)
            let answer: PushedModelAnswer = try await options.client().follow(
                path("models", name, "versions", version, "pushes"), request
            ) { progress.tell($0.done, $0.total) }
            if options.json { return try Output.json(answer) }
            let kept = answer.kept > 0 ? ", \(answer.kept) of them there already" : ""
            Swift.print("\(answer.model) \(answer.version) is at \(answer.reference): \(answer.files) files\(kept), \(answer.bytes) bytes.")
            Swift.print("Digest \(answer.digest)")
            for attached in answer.attached { Swift.print("Attached \(attached.predicateType) as \(attached.digest)") }
        }

        static func parts(_ text: String) -> (model: String, version: String) {
            guard let mark = text.lastIndex(of: "@"), mark != text.startIndex else { return (text, "latest") }
            return (String(text[..<mark]), String(text[text.index(after: mark)...]))
        }
    }

    /// `dhow model pull …`
    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an artifact of an OCI registry as a model's next version.",
            discussion: """
                Manifest and files are checked against their digests, and what is attached against the signature of this server's key or \
                of those given. Nothing is registered unless all of it fits.
                """)

        @OptionGroup var options: ClientOptions
        @OptionGroup var registry: RegistryOptions
        @Option(help: "The model whose next version it becomes; what the artifact says, else the repository's name.") var name: String?
        @Option(help: "PEM file with public keys to trust beside the server's own.") var key: String?
        @Flag(help: "Refuse an artifact that no trusted key has signed.") var requireSignature = false
        @Flag(help: "Take an artifact that is signed by a key that is not trusted.") var unverified = false
        @Argument(help: "oci://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]; the tag is 'latest' when left out.") var place: String

        func validate() throws {
            guard !(requireSignature && unverified) else { throw ValidationError("Give --require-signature or --unverified, not both.") }
        }

        func run() async throws {
            let keys = try key.map { file in
                guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                    throw Problem(.invalid, "client.file.unreadable", "'\(file.printable)' cannot be read.")
                }
                return text
            }
            let request = PullModelRequest(
                from: place, name: name, secret: registry.secret, plainHTTP: registry.plainHTTP ? true : nil,
                patience: registry.patience, keys: keys, requireSignature: requireSignature ? true : nil,
                unverified: unverified ? true : nil)
            let progress = UploadProgress(of: place)
            let answer: PulledModelAnswer = try await options.client().follow(path("model-pulls"), request) {
                progress.tell($0.done, $0.total)
            }
            if options.json { return try Output.json(answer) }
            Swift.print(
                "\(answer.reference) is version \(answer.version) of \(answer.model): \(answer.files) files, \(answer.bytes) bytes.")
            Swift.print(answer.signedBy.map { "Signed by key \($0)" } ?? "Nobody known has signed it.")
            for attached in answer.attached {
                Swift.print(
                    "Attached \(attached.predicateType) as \(attached.digest), \(attached.key == nil ? "of an unknown key" : "verified")")
            }
        }
    }
}
