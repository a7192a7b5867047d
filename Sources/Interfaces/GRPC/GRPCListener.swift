// SPDX-License-Identifier: Apache-2.0

import Domain
package import GRPCCore
import GRPCNIOTransportHTTP2
import ServiceLifecycle

/// Answers gRPC calls until the server stops: then no new ones, and those in flight to their end.
package struct GRPCListener: Service {
    /// PEM files of a certificate chain and its private key.
    package struct Certificate: Sendable {
        package var chain: String
        package var key: String

        package init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// Beyond it a stream is reset without a word, so that what is only a little too large is still told so.
    private static let receivedLimit = 2 * BoundedDeserializer<Inference_ModelInferRequest>.messageLimit
    private static let maximumStreams = 1_000

    private let host: String
    private let port: Int
    private let certificate: Certificate?
    private let services: [any RegistrableRPCService]
    private let started: @Sendable (_ address: String) -> Void

    /// - Parameters:
    ///   - port: 0 picks a free one.
    ///   - started: Told host and port once calls are answered.
    package init(
        host: String, port: Int, certificate: Certificate?, services: [any RegistrableRPCService],
        started: @escaping @Sendable (_ address: String) -> Void
    ) {
        self.host = host
        self.port = port
        self.certificate = certificate
        self.services = services
        self.started = started
    }

    package func run() async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: address, transportSecurity: security,
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = Self.receivedLimit
                config.compression.enabledAlgorithms = [.gzip, .deflate]
                config.http2.maxConcurrentStreams = Self.maximumStreams
                // A window of the least size would bound a large tensor's speed by the round trip.
                config.http2.targetWindowSize = 1 << 20
                // A client that is gone holds its streams no longer than this; one that is only quiet connects again by itself.
                config.connection.keepalive.time = .seconds(60)
                config.connection.maxIdleTime = .seconds(600)
                config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(10)
                config.connection.keepalive.clientBehavior.allowWithoutCalls = true
            })
        let server = GRPCServer(transport: transport, services: services)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await server.serve()
                    } catch let error as RuntimeError where error.code == .serverIsStopped {
                        // Asked to stop before it started.
                    } catch {
                        throw Problem(
                            .unavailable, "server.grpc.unusable", "The server cannot answer gRPC at \(host):\(port).", why: "\(error)",
                            fix: "Choose another port with --grpc-port; 0 picks a free one.")
                    }
                }
                group.addTask {
                    // No address: stopped, or failed with the other task's problem, before it listened.
                    guard let listening = try? await transport.listeningAddress else { return }
                    let port = listening.ipv4?.port ?? listening.ipv6?.port ?? port
                    started("\(host.contains(":") ? "[\(host)]" : host):\(port)")
                }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }

    private var address: SocketAddress {
        if host == "localhost" { return .ipv4(host: "127.0.0.1", port: port) }
        return host.contains(":") ? .ipv6(host: host, port: port) : .ipv4(host: host, port: port)
    }

    private var security: HTTP2ServerTransport.Posix.TransportSecurity {
        guard let certificate else { return .plaintext }
        return .tls(
            certificateChain: [.file(path: certificate.chain, format: .pem)], privateKey: .file(path: certificate.key, format: .pem))
    }
}
