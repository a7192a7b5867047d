// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Sends each mail over a connection of its own to an address that was checked (RFC 5321, STARTTLS of RFC 3207, PLAIN of RFC 4954).
package struct SMTPMailClient: MailClient {
    private static let connectLimit = TimeAmount.seconds(4)
    /// Of the whole dialogue; less than the lease of a delivery.
    private static let limit = Duration.seconds(20)

    private let addresses: CheckedAddresses
    private let authorities: String?

    /// - Parameter authorities: A file of certificates that are trusted instead of the system's.
    package init(allowance: EgressAllowance, authorities: String? = nil) {
        addresses = CheckedAddresses(allowance: allowance)
        self.authorities = authorities
    }

    package func check(_ target: MailTarget) async throws {
        _ = try await addresses.of(target.host)
    }

    package func send(_ mail: Mail, to target: MailTarget, password: String?) async throws {
        guard let address = try await addresses.of(target.host).first else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await deliver(mail, to: target, at: address, password: password) }
            group.addTask {
                try await Task.sleep(for: Self.limit)
                throw Problem(
                    .unavailable, "egress.receiver.late",
                    "\(target.host) did not take the mail within \(Self.limit.components.seconds) s.")
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    private func deliver(
        _ mail: Mail, to target: MailTarget, at address: InternetAddress, password: String?
    ) async throws {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.connectLimit)
                .connect(host: address.description, port: target.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if target.isSecure {
                            try channel.pipeline.syncOperations.addHandler(try transport(of: target))
                        }
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                var dialogue = SMTPDialogue(incoming: inbound.makeAsyncIterator(), outgoing: outbound)
                try await dialogue.greet()
                if !target.isSecure, dialogue.offers("STARTTLS") {
                    try await dialogue.startTLS()
                    let raw = channel.channel
                    try await raw.eventLoop.submit {
                        try raw.pipeline.syncOperations.addHandler(
                            try transport(of: target), position: .first)
                    }.get()
                    try await dialogue.hello()
                } else if !target.isSecure, target.user != nil {
                    throw Problem(
                        .invalid, "egress.mail.insecure",
                        "\(target.host) offers no TLS, so no password is sent to it.",
                        fix: "Use a server that does, or leave 'user' away.")
                }
                if let user = target.user {
                    // RFC 4954: the password is sent to a server whose certificate was checked, and to no other.
                    let credentials = Data("\u{0}\(user)\u{0}\(password ?? "")".utf8).base64EncodedString()
                    try await dialogue.command("AUTH PLAIN \(credentials)")
                }
                try await dialogue.command("MAIL FROM:<\(target.sender)>")
                for receiver in target.receivers { try await dialogue.command("RCPT TO:<\(receiver)>") }
                try await dialogue.command("DATA", expecting: 354)
                try await dialogue.command(MailText(mail, target).dialogueText, named: "the text")
                // The mail is taken; whether the farewell is heard changes nothing.
                _ = try? await dialogue.command("QUIT")
            }
        } catch let problem as Problem {
            throw problem
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Problem(
                .unavailable, "egress.receiver.unreachable", "\(target.host) cannot be reached.",
                why: "\(error)".printable)
        }
    }

    private func transport(of target: MailTarget) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.trustRoots = .file(authorities) }
        let isName = InternetAddress(target.host) == nil
        return try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration),
            serverHostname: isName ? target.host : nil)
    }
}
