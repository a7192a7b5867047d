// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import GRPC
import Governance
import HTTPServer
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import UnixSignals

/// One server process: opens storage, migrates, makes the administrator at the first start, and runs its roles until told to stop.
struct Server {
    /// How long requests in flight may take after SIGTERM.
    static let drainLimit = Duration.seconds(25)
    let settings: Settings

    func run() async throws {
        let logger = Self.logger(level: settings.logLevel)
        let claim = settings.usesOwnDatabase ? try FolderClaim(on: DataFolder(creating: settings.dataFolder)) : nil
        defer { withExtendedLifetime(claim) {} }
        let storage = try await Storage(settings: settings)
        try await Migrator(Schema.migrations).migrate(storage.database)
        AnalysisFolder.removeLeftovers(in: storage.folder.analysisFolder, isOurs: claim != nil)
        let platform = try await Platform(storage: storage, logger: logger)
        try await platform.ledger.checkAgainstCheckpointFile()
        if let secret = try await platform.identity.bootstrap() {
            try storage.folder.write(secret.text + "\n", to: storage.folder.adminTokenFile)
            print("Administrator's token, shown only now and kept in \(storage.folder.adminTokenFile):\n  \(secret.text)")
        }
        if settings.authentication == .off {
            logger.warning("Authentication is off: everyone who reaches this address is the administrator.")
        }
        if !ServerThreads.areEventLoops {
            logger.warning("Tasks run on threads beside the event loops, so every request costs more than it needs to.")
        }

        let address = ServerAddress()
        var services: [any Service] = platform.services(for: settings.roles, address: address)
        if settings.roles.contains(.api) || settings.roles.contains(.inference) {
            services.append(ReadinessService(readiness: platform.readiness))
            services.append(try application(platform, telling: address, logger: logger))
        }
        if settings.roles.contains(.inference), let port = settings.grpcPort { services.append(grpcListener(platform, port: port)) }
        var configuration = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.drainLimit
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw listeningProblem(error)
        }
        try? FileManager.default.removeItem(atPath: storage.folder.addressFile)
        try? FileManager.default.removeItem(atPath: storage.folder.grpcAddressFile)
        await storage.database.close()
        logger.notice("stopped")
    }

    private func grpcListener(_ platform: Platform, port: Int) -> GRPCListener {
        let folder = platform.storage.folder
        let certificate = settings.tlsCertificate.flatMap { chain in settings.tlsKey.map { GRPCListener.Certificate(chain: chain, key: $0) }
        }
        return GRPCListener(
            host: settings.host, port: port, certificate: certificate,
            services: [platform.inferenceCalls(authentication: settings.authentication)]
        ) { address in
            try? folder.write(address + "\n", to: folder.grpcAddressFile)
            print("gRPC listens at \(address)")
            fflush(nil)
        }
    }

    private func listeningProblem(_ error: IOError) -> Problem {
        Problem(
            .unavailable, "server.address.unusable", "The server cannot listen on \(settings.host):\(settings.port).",
            why: error.errnoCode == EADDRINUSE ? "Another process uses it." : String(cString: strerror(error.errnoCode)),
            fix: "Choose another with --host and --port; --port 0 picks a free one.")
    }

    private func application(_ platform: Platform, telling listener: ServerAddress, logger: Logger) throws -> some ApplicationProtocol {
        let scheme = settings.usesTLS ? "https" : "http"
        let host = settings.host
        let folder = platform.storage.folder
        let readiness = platform.readiness
        return Application(
            router: platform.routeTable(for: settings.roles, authentication: settings.authentication).router(),
            server: try transport(platform.directAnswering(for: settings.roles, authentication: settings.authentication)),
            configuration: ApplicationConfiguration(address: .hostname(host, port: settings.port), serverName: "dhow"),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                let address = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
                listener.set(address)
                try? folder.write(address + "\n", to: folder.addressFile)
                readiness.set(true)
                print("Dhow \(Dhow.version) answers at \(address)")
                fflush(nil)
            },
            logger: logger)
    }

    /// HTTP/1.1, under TLS when a certificate is given.
    private func transport(_ answering: DirectAnswering) throws -> HTTPServerBuilder {
        let http = DirectChannel.builder(answering)
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return http }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            return try .tls(http, tlsConfiguration: configuration)
        } catch {
            throw Problem(
                .invalid, "settings.tls.unusable", "The TLS certificate or key cannot be used.", why: "\(error)",
                fix: "Give a PEM certificate chain and its PEM private key.")
        }
    }

    private static func logger(level: String) -> Logger {
        let level = Logger.Level(rawValue: level) ?? .notice
        return Logger(label: "dhow") { JSONLogHandler(logLevel: level, label: $0) }
    }
}

/// Turns readiness off as soon as the process is asked to stop, before connections drain.
private struct ReadinessService: Service {
    let readiness: Readiness

    func run() async throws {
        await withGracefulShutdownHandler {
            try? await gracefulShutdown()
        } onGracefulShutdown: {
            readiness.set(false)
        }
    }
}
