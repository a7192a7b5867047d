// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow token …`
package struct TokenCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke tokens.", subcommands: [Create.self, List.self, Revoke.self])

    package init() {}

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token, and its principal when it is new; prints the token once.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the principal.") var principal: String
        @Option(help: "Also bind this role in the workspace.") var role: String?
        @Option(help: "What the token is for.") var note: String = ""
        @Option(help: "Days until it expires.") var days: Int?
        @Flag(help: "The principal is a service account, not a person.") var service = false

        func run() async throws {
            let roles = ["viewer", "editor", "approver", "operator", "admin"]
            if let role, !roles.contains(role) {
                throw Problem(
                    .invalid, "identity.role.unknown", "'\(role.printable)' is not a role.",
                    fix: "Use one of \(roles.joined(separator: ", ")).")
            }
            let client = try options.client()
            let expires = days.map { Int64($0) * 86_400_000 + nowMilliseconds() }
            let token: TokenAnswer = try await client.post(
                "/api/v1/tokens", CreateTokenRequest(principal: principal, isService: service, note: note, expires: expires))
            if let role {
                let _: BindingAnswer = try await client.post(
                    "/api/v1/bindings", BindingAnswer(principal: principal, workspace: options.workspace, role: role))
            }
            if options.json { try Output.json(token) } else { print(token.token ?? "(shown only once)") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tokens; their text is never shown again.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<TokenAnswer> = try await options.client().get("/api/v1/tokens")
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["id", "principal", "created", "expires", "revoked", "note"],
                page.items.map {
                    [$0.id, $0.principal, Output.time($0.created), Output.time($0.expires), Output.time($0.revoked), $0.note]
                })
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a token at once.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the token.") var token: String

        func run() async throws {
            let answer: TokenAnswer = try await options.client().delete("/api/v1/tokens/\(token)")
            if options.json { try Output.json(answer) } else { print("Token \(answer.id) is revoked.") }
        }
    }
}

/// `dhow binding …`
package struct BindingCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "binding", abstract: "Bind roles to principals.", subcommands: [Create.self, List.self, Delete.self])

    package init() {}

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a principal a role in the workspace.")

        @OptionGroup var options: ClientOptions
        @Argument var principal: String
        @Argument(help: "viewer, editor, approver, operator or admin.") var role: String

        func run() async throws {
            let body = BindingAnswer(principal: principal, workspace: options.workspace, role: role)
            let answer: BindingAnswer = try await options.client().post("/api/v1/bindings", body)
            if options.json { try Output.json(answer) } else { print("\(answer.principal) is \(answer.role) in \(answer.workspace).") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List who holds what where.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<BindingAnswer> = try await options.client().get("/api/v1/bindings")
            if options.json { return try Output.json(page.items) }
            Output.table(["principal", "workspace", "role"], page.items.map { [$0.principal, $0.workspace, $0.role] })
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a role away.")

        @OptionGroup var options: ClientOptions
        @Argument var principal: String
        @Argument var role: String

        func run() async throws {
            let answer: BindingAnswer = try await options.client().delete(
                "/api/v1/bindings/\(principal)/\(role)", ["scope": options.workspace])
            if options.json { try Output.json(answer) } else { print("\(answer.principal) is no longer \(answer.role).") }
        }
    }
}
