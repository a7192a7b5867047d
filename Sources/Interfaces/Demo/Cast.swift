// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain
import Foundation

/// Who acts in the demonstration, each with a token and roles of their own.
struct Cast: Sendable {
    let server: String
    let administrator: DhowClient
    /// The data scientist: records, trains, asks for releases.
    let amina: DhowClient
    /// The approver; never the author.
    let omar: DhowClient
    /// The operator, who closes incidents.
    let layla: DhowClient
    /// The airport's system that asks for predictions and sends labels.
    let airport: ReplayServer

    init(server: String, data: URL) async throws {
        self.server = server
        let text = try String(contentsOf: data.appending(path: "admin-token"), encoding: .utf8)
        let administrator = try DhowClient(url: server, token: text.trimmingCharacters(in: .whitespacesAndNewlines))
        self.administrator = administrator

        func token(_ name: String, isService: Bool = false, roles: [String]) async throws -> String {
            let answer: TokenAnswer = try await administrator.post(
                "/api/v1/tokens", CreateTokenRequest(principal: name, isService: isService, note: "demo"))
            for role in roles {
                let _: BindingAnswer = try await administrator.post(
                    "/api/v1/bindings", BindingAnswer(principal: name, workspace: "default", role: role))
            }
            return answer.token ?? ""
        }
        amina = try DhowClient(url: server, token: await token("amina", roles: ["editor", "operator"]))
        omar = try DhowClient(url: server, token: await token("omar", roles: ["approver"]))
        layla = try DhowClient(url: server, token: await token("layla", roles: ["operator"]))
        airport = ReplayServer(address: server, token: try await token("airport", isService: true, roles: ["operator"]))
    }
}
