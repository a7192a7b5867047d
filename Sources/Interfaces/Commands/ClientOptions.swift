// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
package import Client
import Domain
import Foundation

/// Where the server is and who asks; shared by all commands that talk to one.
package struct ClientOptions: ParsableArguments {
    @Option(help: "The server's address; else DHOW_URL, else the local data folder's server.")
    package var url: String?

    @Option(help: "The token; else DHOW_TOKEN, else the local data folder's admin token.")
    package var token: String?

    @Option(help: "Data folder of a local server.")
    package var data: String = ProcessInfo.processInfo.environment["DHOW_DATA"] ?? "./.dhow"

    @Option(help: "Workspace to work in.")
    package var workspace: String = ProcessInfo.processInfo.environment["DHOW_WORKSPACE"] ?? "default"

    @Option(help: "PEM file of the authority that signed the server's certificate; else DHOW_CERTIFICATE_AUTHORITY, else the system's.")
    package var certificateAuthority: String?

    @Flag(help: "Print JSON for programs instead of a table for people.")
    package var json = false

    package init() {}

    /// Whether a server is named, or runs on the data folder.
    package var namesServer: Bool {
        (url ?? Self.variable("DHOW_URL") ?? contents(of: "address")) != nil
    }

    package func client() throws -> DhowClient {
        guard let url = url ?? Self.variable("DHOW_URL") ?? contents(of: "address") else {
            throw Problem(
                .unavailable, "client.server.unknown", "No server is known.",
                why: "Neither --url nor DHOW_URL is set, and '\(data)' has no running server.",
                fix: "Start one with 'dhow serve --data \(data)', or set DHOW_URL.")
        }
        return try DhowClient(
            url: url, token: token ?? Self.variable("DHOW_TOKEN") ?? contents(of: "admin-token"), workspace: workspace,
            certificateAuthority: certificateAuthority ?? Self.variable("DHOW_CERTIFICATE_AUTHORITY"))
    }

    /// CI systems set what they have no value for to nothing.
    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func contents(of file: String) -> String? {
        guard let text = try? String(contentsOfFile: "\(data)/\(file)", encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
