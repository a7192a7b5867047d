// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Pipelines
import Yams

/// What a server is started with. Each setting comes from its flag, else its environment variable, else the file, else the default.
struct Settings: Sendable {
    var dataFolder: String
    var host: String
    var port: Int
    var databaseURL: String
    var blobsURL: String
    var roles: Set<ServerRole>
    var tlsCertificate: String?
    var tlsKey: String?
    var authentication: Authentication
    var onnxRuntime: String?
    var xgboost: String?
    var lightGBM: String?
    var duckDB: String?
    var librdkafka: String?
    var modelServers: ModelServerOptions
    var logLevel: String
    var instance: String
    var egressAllowance: EgressAllowance
    /// As `GPUFinder` reads it.
    var gpus: String?
    var region: String?
    var slots: Int?
    var sandbox: SandboxRule.Use
    /// The folder `incoming` of the data folder, and those named.
    var watchedFolders: WatchedFolders
    /// The endpoint that `/invocations` means when a request names none.
    var invocationsEndpoint: String?
    /// Where gRPC is answered; nil when it is not.
    var grpcPort: Int?
    /// Where metrics of monitors are pushed to; nil when they are not.
    var otlpEndpoint: EgressURL?

    enum Authentication: String, Sendable { case tokens, off }

    var usesTLS: Bool { tlsCertificate != nil }
    /// Whether the database is a file that no other server is to use.
    var usesOwnDatabase: Bool { databaseURL.hasPrefix("sqlite:") }
    var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    /// One row of the reference in `docs/configuration.md`.
    struct Key: Sendable {
        var name: String
        var defaultText: String
        var meaning: String

        var variable: String { "DHOW_" + name.uppercased().replacing("-", with: "_") }
    }

    static let keys: [Key] = [
        Key(name: "data", defaultText: "./.dhow", meaning: "Folder for the database, blobs, keys and checkpoint."),
        Key(name: "host", defaultText: "127.0.0.1", meaning: "Address to listen on."),
        Key(name: "port", defaultText: "5000", meaning: "Port to listen on; 0 picks a free one and prints it."),
        Key(name: "database", defaultText: "sqlite:DATA/dhow.sqlite", meaning: "sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME."),
        Key(name: "blobs", defaultText: "file:DATA/blobs", meaning: "file:FOLDER."),
        Key(name: "roles", defaultText: "api,worker,controller,inference", meaning: "Which roles this process plays."),
        Key(name: "tls-certificate", defaultText: "", meaning: "PEM certificate chain; needs tls-key."),
        Key(name: "tls-key", defaultText: "", meaning: "PEM private key of the certificate."),
        Key(name: "auth", defaultText: "tokens", meaning: "tokens, or off (loopback addresses only)."),
        Key(name: "onnxruntime", defaultText: "", meaning: "ONNX Runtime's shared library; looked up when empty."),
        Key(name: "xgboost", defaultText: "", meaning: "XGBoost's shared library; looked up when empty."),
        Key(name: "lightgbm", defaultText: "", meaning: "LightGBM's shared library; looked up when empty."),
        Key(
            name: "model-server", defaultText: "",
            meaning: "Command that serves a model in a process of its own, with {model} and {port} or {socket}; off for none; "
                + "MLflow's own, where it is found, when empty."),
        Key(name: "model-server-protocol", defaultText: "mlflow", meaning: "What that command's server speaks: mlflow or v2."),
        Key(
            name: "model-server-replicas", defaultText: "1-2",
            meaning: "Fewest and most processes for a model; with 0 as the fewest, none while nobody asks."),
        Key(name: "model-server-concurrency", defaultText: "4", meaning: "Calls that one such process answers at a time."),
        Key(
            name: "model-server-memory", defaultText: "",
            meaning: "MiB of memory of one such process; half of the machine's when empty, 'off' for no limit."),
        Key(name: "duckdb", defaultText: "", meaning: "DuckDB's program, for data contracts; looked up when empty."),
        Key(name: "librdkafka", defaultText: "", meaning: "librdkafka's shared library, for streams of Kafka; looked up when empty."),
        Key(name: "gpus", defaultText: "", meaning: "Graphics cards for steps: indices such as 0,1, or how many; looked up when empty."),
        Key(name: "region", defaultText: "", meaning: "Where this worker is; steps that ask for another region do not run here."),
        Key(name: "slots", defaultText: "", meaning: "Command steps that run at a time; at least 4, or one a core, when empty."),
        Key(
            name: "sandbox", defaultText: "never",
            meaning: "Whether command steps that do not say run in a sandbox, with the network: never, prefer or require."),
        Key(name: "log-level", defaultText: "notice", meaning: "trace, debug, info, notice, warning or error."),
        Key(name: "instance", defaultText: "dhow.local", meaning: "Name of this installation in ledger checkpoints."),
        Key(
            name: "egress-allow", defaultText: "",
            meaning: "Hosts, addresses and networks, separated by commas, that requests may go to beside the public internet."),
        Key(
            name: "watched-folders", defaultText: "",
            meaning: "Folders whose files may start pipelines, as NAME=PATH, separated by commas."),
        Key(
            name: "invocations-endpoint", defaultText: "",
            meaning: "The endpoint that /invocations means when a request names none; when empty, the only one there is."),
        Key(
            name: "otlp-endpoint", defaultText: "",
            meaning: "Collector that metrics of monitors are pushed to, such as http://collector:4318; none when empty."),
        Key(name: "grpc-port", defaultText: "", meaning: "Port to answer gRPC at; 0 picks a free one and prints it; no gRPC when empty."),
    ]

    /// - Parameter flags: Values given on the command line, by setting name.
    init(flags: [String: String], configuration: String?, environment: [String: String]) throws {
        let file = try configuration.map(Self.readFile) ?? [:]
        func value(_ name: String) -> String? {
            guard let key = Self.keys.first(where: { $0.name == name }) else { preconditionFailure("'\(name)' is a setting.") }
            let text = flags[name] ?? environment[key.variable] ?? file[name] ?? key.defaultText
            return text.isEmpty ? nil : text
        }
        func required(_ name: String) -> String { value(name) ?? "" }

        let folder = URL(filePath: required("data")).standardizedFileURL.path
        dataFolder = folder
        host = required("host")
        port = try Self.port(required("port"))
        databaseURL = required("database").replacing("DATA", with: folder)
        blobsURL = required("blobs").replacing("DATA", with: folder)
        roles = try ServerRole.parse(required("roles"))
        tlsCertificate = value("tls-certificate")
        tlsKey = value("tls-key")
        guard let authentication = Authentication(rawValue: required("auth")) else {
            throw Self.refusal("auth", required("auth"), "Use 'tokens' or 'off'.")
        }
        self.authentication = authentication
        onnxRuntime = value("onnxruntime")
        xgboost = value("xgboost")
        lightGBM = value("lightgbm")
        duckDB = value("duckdb")
        librdkafka = value("librdkafka")
        modelServers = try ModelServerOptions(
            command: value("model-server"), wire: required("model-server-protocol"), replicas: required("model-server-replicas"),
            concurrency: required("model-server-concurrency"), memory: value("model-server-memory"))
        logLevel = required("log-level")
        instance = try ResourceName.check(required("instance"), of: "instance")
        gpus = value("gpus")
        region = try value("region").map { try ResourceName.check($0, of: "region") }
        slots = try value("slots").map(Self.slots)
        guard let sandbox = SandboxRule.Use(rawValue: required("sandbox")) else {
            throw Self.refusal("sandbox", required("sandbox"), "Use never, prefer or require.")
        }
        self.sandbox = sandbox
        egressAllowance = try EgressAllowance(value("egress-allow") ?? "")
        watchedFolders = try Self.folders(value("watched-folders") ?? "", in: folder)
        invocationsEndpoint = try value("invocations-endpoint").map { try ResourceName.check($0, of: "endpoint") }
        otlpEndpoint = try value("otlp-endpoint").map { text in
            try EgressURL(text.hasSuffix("/v1/metrics") ? text : text + (text.hasSuffix("/") ? "v1/metrics" : "/v1/metrics"))
        }
        grpcPort = try value("grpc-port").map { try Self.port($0, of: "grpc-port") }
        try check()
    }

    private func check() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw Problem(
                .invalid, "settings.tls.incomplete", "TLS needs both a certificate and its key.",
                fix: "Give --tls-certificate and --tls-key.")
        }
        guard authentication == .tokens || isLoopback else {
            throw Problem(
                .invalid, "settings.auth.off-not-loopback", "Authentication can be off only on a loopback address, not on '\(host)'.",
                why: "Anyone who reaches the address would be the administrator.", fix: "Drop --auth off, or use --host 127.0.0.1.")
        }
    }

    private static func port(_ text: String, of name: String = "port") throws -> Int {
        guard let port = Int(text), (0...65535).contains(port) else { throw refusal(name, text, "Use 0 to 65535.") }
        return port
    }

    private static func slots(_ text: String) throws -> Int {
        guard let slots = Int(text), (1...1024).contains(slots) else { throw refusal("slots", text, "Use 1 to 1024.") }
        return slots
    }

    private static func folders(_ text: String, in dataFolder: String) throws -> WatchedFolders {
        var paths = [WatchedFolders.own: dataFolder + "/incoming"]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2, pair[1].hasPrefix("/") else {
                throw refusal("watched-folders", String(part), "Write NAME=PATH with an absolute path, such as drop=/srv/drop.")
            }
            paths[try ResourceName.check(pair[0], of: "watched folder")] = pair[1]
        }
        return WatchedFolders(paths)
    }

    private static func readFile(_ path: String) throws -> [String: String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw Problem(
                .invalid, "settings.file.unreadable", "The configuration file '\(path)' cannot be read.",
                why: "\(error.localizedDescription)")
        }
        guard text.utf8.count <= 1 << 20, let mapping = try Yams.load(yaml: text) as? [String: Any] else {
            throw Problem(
                .invalid, "settings.file.malformed", "The configuration file '\(path)' is not a YAML mapping of settings.",
                fix: "See docs/configuration.md.")
        }
        var values: [String: String] = [:]
        for (name, value) in mapping {
            guard keys.contains(where: { $0.name == name }) else {
                throw Problem(
                    .invalid, "settings.key.unknown", "'\(name.printable)' in '\(path)' is not a setting.",
                    fix: "Settings: \(keys.map(\.name).joined(separator: ", ")).")
            }
            values[name] = (value as? [Any])?.map { "\($0)" }.joined(separator: ",") ?? "\(value)"
        }
        return values
    }

    static func refusal(_ name: String, _ text: String, _ fix: String) -> Problem {
        Problem(.invalid, "settings.value.invalid", "'\(text.printable)' is not a value for --\(name).", fix: fix)
    }
}

/// A part that one process can play; all of them by default.
enum ServerRole: String, CaseIterable, Sendable {
    case api, worker, controller, inference

    static func parse(_ text: String) throws -> Set<ServerRole> {
        var roles: Set<ServerRole> = []
        for part in text.split(separator: ",") {
            guard let role = ServerRole(rawValue: part.trimmingCharacters(in: .whitespaces)) else {
                throw Problem(
                    .invalid, "settings.role.unknown", "'\(String(part).printable)' is not a role of the server.",
                    fix: "Use some of \(allCases.map(\.rawValue).joined(separator: ",")).")
            }
            roles.insert(role)
        }
        return roles
    }
}
