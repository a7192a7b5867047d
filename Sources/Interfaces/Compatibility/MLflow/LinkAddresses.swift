// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import HTTPTypes
import Hummingbird

/// Signed links as whole URLs of this server, at the address by which the caller reached it.
struct LinkAddresses: Sendable {
    static let download = "api/2.0/mlflow-artifacts/links/download"
    static let upload = "api/2.0/mlflow-artifacts/links/upload"
    static let part = "api/2.0/mlflow-artifacts/links/part"

    let links: SignedLinks
    /// `https` when this server speaks TLS itself.
    let scheme: String

    /// The server's address as this caller sees it; a proxy that ends TLS says so in `X-Forwarded-Proto`.
    ///
    /// The name is the caller's own, and what is made of it goes to the caller alone.
    ///
    /// - Throws: `Problem` `.invalid` for a host that is no host.
    func base(of request: Request) throws(Problem) -> String {
        let host = request.head.authority ?? ""
        guard !host.isEmpty, host.utf8.count <= 255,
            host.utf8.allSatisfy({ byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || ".-:[]_".utf8.contains(byte)
            })
        else {
            throw Problem(.invalid, "request.host.malformed", "The request names no host.", fix: "Send the header Host.")
        }
        let isForwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headers[$0] }?.lowercased() == "https"
        return "\(isForwarded ? "https" : scheme)://\(host)/"
    }

    func url(_ base: String, _ path: String, _ link: String) -> String { "\(base)\(path)?link=\(link)" }
}
