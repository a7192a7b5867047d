// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Domain

/// `dhow serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server: everything in one process, or the roles named.",
        discussion: "With --data alone it runs on this machine with SQLite. See docs/configuration.md for every setting.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "Address to listen on.") var host: String?
    @Option(help: "Port to listen on; 0 picks a free one and prints it.") var port: String?
    @Option(help: "Roles of this process, comma-separated: api, worker, controller, inference.") var roles: String?
    @Option(name: .customLong("tls-certificate"), help: "PEM certificate chain.") var tlsCertificate: String?
    @Option(name: .customLong("tls-key"), help: "PEM private key of the certificate.") var tlsKey: String?
    @Option(help: "tokens, or off (loopback addresses only).") var auth: String?

    @Option(name: .customLong("egress-allow"), help: "Hosts, addresses and networks that requests may go to beside the public internet.")
    var egressAllow: String?

    @Option(help: "Graphics cards for steps: indices such as 0,1, or how many.") var gpus: String?
    @Option(help: "Where this worker is.") var region: String?
    @Option(help: "Command steps that do not say: never, prefer or require a sandbox.") var sandbox: String?
    @Option(help: "Command steps that run at a time.") var slots: String?

    @Option(name: .customLong("model-server"), help: "Command that serves a model in a process of its own; off for none.")
    var modelServer: String?
    @Option(name: .customLong("model-server-protocol"), help: "What that command's server speaks: mlflow or v2.")
    var modelServerProtocol: String?
    @Option(name: .customLong("model-server-replicas"), help: "Fewest and most processes for a model, such as 1-2.")
    var modelServerReplicas: String?
    @Option(name: .customLong("model-server-concurrency"), help: "Calls that one such process answers at a time.")
    var modelServerConcurrency: String?
    @Option(name: .customLong("model-server-memory"), help: "MiB of memory of one such process.") var modelServerMemory: String?

    @Option(name: .customLong("watched-folders"), help: "Folders whose files may start pipelines, as NAME=PATH, separated by commas.")
    var watchedFolders: String?

    @Option(name: .customLong("invocations-endpoint"), help: "The endpoint that /invocations means when a request names none.")
    var invocationsEndpoint: String?

    @Option(name: .customLong("otlp-endpoint"), help: "Collector that metrics of monitors are pushed to.") var otlpEndpoint: String?
    @Option(name: .customLong("grpc-port"), help: "Port to answer gRPC at; 0 picks a free one and prints it.") var grpcPort: String?

    func run() async throws {
        let settings = try options.settings(adding: [
            "host": host, "port": port, "roles": roles, "tls-certificate": tlsCertificate, "tls-key": tlsKey, "auth": auth,
            "egress-allow": egressAllow, "gpus": gpus, "region": region, "sandbox": sandbox, "slots": slots,
            "watched-folders": watchedFolders, "model-server": modelServer, "model-server-protocol": modelServerProtocol,
            "model-server-replicas": modelServerReplicas, "model-server-concurrency": modelServerConcurrency,
            "model-server-memory": modelServerMemory,
            "invocations-endpoint": invocationsEndpoint, "grpc-port": grpcPort, "otlp-endpoint": otlpEndpoint,
        ])
        try await Server(settings: settings).run()
    }
}
