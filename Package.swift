// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// One helper per layer, one line per target. Later layers import earlier ones; only `dhow` sees adapters.

func target(_ name: String, _ path: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: ["README.md"] + exclude)
}

func capability(_ name: String, after earlier: String..., with products: Target.Dependency...) -> Target {
    target(name, "Sources/Capabilities/\(name)", (["Domain", "Backends"] + earlier).map { .byName(name: $0) } + products)
}

func adapter(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    target(name, "Sources/Adapters/\(name)", ["Domain", "Backends"] + dependencies)
}

func library(_ name: String, _ package: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Adapters/\(name)", pkgConfig: package, providers: [.apt([apt])])
}

func interface(_ name: String, exclude: [String] = [], _ dependencies: Target.Dependency...) -> Target {
    target(name, "Sources/Interfaces/\(name)", ["Domain"] + dependencies, exclude: exclude)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests")
}

func benchmark(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(name: "bench-\(name)", dependencies: dependencies, path: "Benchmarks/\(name)", exclude: ["README.md"])
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grpcCore: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf: Target.Dependency = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "dhow",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "dhow", targets: ["dhow"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        target("Domain", "Sources/Domain", []),
        target("Statistics", "Sources/Statistics", []),
        target("Expressions", "Sources/Expressions", []),
        target("Compression", "Sources/Compression", ["CZlib"]),
        target("Documents", "Sources/Documents", ["Domain", yams]),
        target("CStepSupervisor", "Sources/CStepSupervisor", []),
        target("CTaskThreads", "Sources/CTaskThreads", []),
        target("Backends", "Sources/Backends", ["Domain", "CStepSupervisor", crypto], exclude: ["Blobs/README.md"]),

        capability("Governance", after: "Documents", with: crypto),
        capability("Tracking", after: "Governance", "Statistics", with: "CZlib", crypto),
        capability("Contracts", after: "Documents", "Governance", "Tracking", "Expressions"),
        capability("Profiling", after: "Documents", "Statistics", "Tracking"),
        capability("Registry", after: "Documents", "Governance", "Tracking", with: crypto, yams),
        capability("Pipelines", after: "Documents", "Governance", "Tracking", "Expressions", with: crypto),
        capability(
            "Delivery", after: "Documents", "Expressions", "Governance", "Tracking", "Contracts", "Registry", "Statistics", with: crypto),
        capability("Provenance", after: "Governance", "Tracking", "Registry", "Pipelines", with: crypto),
        capability("Distribution", after: "Governance", "Tracking", "Registry", "Delivery", "Provenance", with: crypto),
        capability("Serving", after: "Governance", "Registry", "Delivery", "Compression", with: yams),
        capability(
            "Monitoring", after: "Documents", "Governance", "Tracking", "Registry", "Delivery", "Serving", "Statistics", with: crypto),
        capability("Streaming", after: "Documents", "Governance", "Pipelines", "Serving", with: crypto),

        library("CPostgres", "libpq", apt: "libpq-dev"),
        library("CZlib", "zlib", apt: "zlib1g-dev"),
        .target(name: "COnnxRuntime", path: "Sources/Adapters/COnnxRuntime", exclude: ["README.md"]),
        adapter("SQLite", grdb, grdbSQLite, logging),
        adapter("Postgres", "CPostgres", logging),
        adapter("OnnxRuntime", "COnnxRuntime"),
        adapter("XGBoost"),
        adapter("LightGBM"),
        adapter("DuckDB"),
        adapter("Redis", nioCore, nioPosix, nioSSL),
        adapter("Kafka"),
        adapter("Egress", httpClient, nioCore, nioHTTP1, nioPosix, nioSSL),

        interface("API"),
        interface("OpenTelemetry", exclude: ["trace.proto"], "Tracking", protobuf),
        interface("Client", "API", crypto, httpClient, nioCore, nioFoundation, nioHTTP1, nioSSL),
        interface(
            "HTTPServer", "API", "Backends", "Governance", "Tracking", "Contracts", "Registry", "Pipelines", "Provenance", "Delivery",
            "Distribution", "Serving",
            "Monitoring", "Streaming", crypto,
            hummingbird, hummingbirdCore, httpTypes, logging, nioCore, nioFoundation, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1),
        interface(
            "Compatibility", exclude: ["MLflow/README.md", "OpenInference/README.md", "Scoring/README.md"], "HTTPServer", "Backends",
            "Governance", "OpenTelemetry", "Tracking", "Registry", "Serving", "Compression", crypto, hummingbird, httpTypes, nioCore,
            nioFoundation, nioHTTP1),
        interface(
            "GRPC", exclude: ["inference.proto"], "HTTPServer", "Compatibility", "Backends", "Governance", "Serving", grpcCore,
            grpcProtobuf, grpcTransport, lifecycle, protobuf),
        interface("Commands", "API", "Client", "Statistics", argumentParser),
        interface("Moving", "API", "Client", "Backends", crypto),
        interface("LocalServer", unixSignals),
        interface("CI", "API", "Client", "Commands", "LocalServer", argumentParser),
        interface("Demo", "API", "Client", "LocalServer", "Statistics", httpClient, nioCore, nioFoundation, nioHTTP1, unixSignals),

        .executableTarget(
            name: "dhow",
            dependencies: [
                "Domain", "Backends", "Governance", "Tracking", "Contracts", "Registry", "Pipelines", "Provenance", "Delivery",
                "Distribution", "Serving", "Monitoring", "Streaming", "Profiling",
                "SQLite",
                "Postgres",
                "OnnxRuntime", "XGBoost", "LightGBM", "DuckDB", "Egress", "Redis", "Kafka", "API", "Client", "HTTPServer", "Compatibility",
                "GRPC",
                "Commands",
                "CI", "Moving", "Demo", "CTaskThreads",
                argumentParser,
                crypto,
                hummingbird,
                hummingbirdCore, hummingbirdTLS, lifecycle, logging, nioCore, nioPosix, nioSSL, unixSignals, yams,
            ]),

        target("TestSupport", "Tests/TestSupport", ["Domain", "Backends", "SQLite", "Postgres"]),
        tests("Statistics", "Statistics"),
        tests("Expressions", "Expressions"),
        tests("Database", "Domain", "Backends", "SQLite", "Postgres", "TestSupport", logging),
        tests("Blob", "Domain", "Backends", "TestSupport", crypto),
        tests("StepRunner", "Domain", "Backends"),
        tests("OnnxRuntime", "Domain", "Backends", "OnnxRuntime"),
        tests("Trees", "Domain", "Backends", "XGBoost", "LightGBM"),
        tests("DuckDB", "Domain", "Backends", "DuckDB"),
        tests("Governance", "Domain", "Backends", "Governance", "TestSupport"),
        tests(
            "Declarations", "Domain", "Backends", "Documents", "Governance", "Tracking", "Registry", "Pipelines", "Delivery", "Serving",
            "Monitoring", "TestSupport"),
        tests("Egress", "Domain", "Backends", "Egress", nioCore, nioHTTP1, nioPosix),
        tests("Redis", "Domain", "Backends", "Redis", nioCore, nioSSL),
        tests("Kafka", "Domain", "Backends", "Kafka"),
        tests("Streaming", "Domain", "Backends", "Governance", "Delivery", "Pipelines", "Serving", "Streaming", "TestSupport"),
        tests("Webhooks", "Domain", "Backends", "Governance", "TestSupport"),
        tests("Ledger", "Domain", "Backends", "Governance", "TestSupport", crypto),
        tests("Documents", "Domain", "Documents"),
        tests("Pipelines", "Domain", "Documents", "Pipelines"),
        tests("PipelineEngine", "Domain", "Backends", "Governance", "Tracking", "Pipelines", "TestSupport"),
        tests("Provenance", "Domain", "Backends", "Governance", "Tracking", "Registry", "Pipelines", "Provenance", "TestSupport", crypto),
        tests("Distribution", "Domain", "Backends", "Registry", "Provenance", "Distribution", crypto),
        tests(
            "Delivery", "Domain", "Backends", "Governance", "Tracking", "Contracts", "Registry", "Delivery", "Statistics", "TestSupport",
            crypto),
        tests("Tracking", "Domain", "Backends", "Governance", "Tracking", "Statistics", "TestSupport", crypto),
        tests("Contracts", "Domain", "Backends", "Expressions", "Governance", "Tracking", "Contracts", "DuckDB", "TestSupport"),
        tests("Profiling", "Domain", "Statistics", "Profiling"),
        tests("Registry", "Domain", "Backends", "Governance", "Tracking", "Registry", "TestSupport"),
        tests("Serving", "Domain", "Backends", "Egress", "Governance", "Delivery", "Serving", "OnnxRuntime", "TestSupport"),
        tests("Compatibility", "Domain", "Backends", "Tracking", "Serving", "HTTPServer", "Compatibility"),
        tests("GRPC", "Domain", "Backends", "Serving", "GRPC", grpcCore, protobuf),
        tests(
            "Monitoring", "Domain", "Backends", "Governance", "Tracking", "Statistics", "Delivery", "Serving", "Monitoring", "DuckDB",
            "TestSupport"),
        tests(
            "HTTPServer", "Domain", "Backends", "Governance", "Tracking", "Registry", "Pipelines", "Delivery", "Serving", "API",
            "HTTPServer", "dhow",
            "TestSupport", hummingbird, hummingbirdTesting, httpTypes, logging, nioCore, nioHTTP1, nioPosix),
        tests("LocalServer", "Domain", "LocalServer"),
        tests("Demo", "Demo", "Domain", nioCore, nioHTTP1, nioPosix),
        tests("EndToEnd", "dhow", httpClient, nioCore, nioFoundation, nioHTTP1),

        benchmark("database", "Domain", "Backends", "SQLite", "Postgres"),
        benchmark("blobs", "Domain", "Backends"),
        benchmark("steps", "Domain", "Backends"),
        benchmark("ledger", "Domain", "Backends", "Governance", "SQLite", crypto),
        benchmark("verdicts", "Statistics"),
        benchmark("profiles", "Statistics", "Profiling"),
        benchmark("tracking", "Domain", "Backends", "Governance", "Tracking", "SQLite", "TestSupport"),
    ]
)

for target in package.targets where target.type != .system && target.type != .binary {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
