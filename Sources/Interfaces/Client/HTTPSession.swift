// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Domain
import NIOSSL
import Synchronization

/// One HTTP client for each certificate authority trusted, kept for the life of the process.
enum HTTPSession {
    private static let known = Mutex<[String?: HTTPClient]>([:])

    /// - Parameter authority: PEM file of the authority to trust; nil for the system's.
    /// - Throws: `Problem` `.invalid` when that file holds no certificate.
    static func trusting(_ authority: String?) throws -> HTTPClient {
        try known.withLock { known in
            if let session = known[authority] { return session }
            var configuration = HTTPClient.Configuration.singletonConfiguration
            // What is refused is told at once; who waits for a server tries again itself.
            configuration.connectionPool.retryConnectionEstablishment = false
            if let authority {
                try check(authority)
                var transport = TLSConfiguration.makeClientConfiguration()
                transport.trustRoots = .file(authority)
                configuration.tlsConfiguration = transport
            }
            let session = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            known[authority] = session
            return session
        }
    }

    private static func check(_ authority: String) throws(Problem) {
        var reason = "It is empty."
        do {
            if try !NIOSSLCertificate.fromPEMFile(authority).isEmpty { return }
        } catch {
            reason = "\(error)"
        }
        throw Problem(
            .invalid, "client.authority.unusable", "'\(authority)' holds no certificate authority.", why: reason,
            fix: "Give a PEM file with --certificate-authority or DHOW_CERTIFICATE_AUTHORITY.")
    }
}
