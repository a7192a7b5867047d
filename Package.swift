// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// One helper per layer, one line per target. Later layers import earlier ones; only `dhow` sees adapters.

func layer(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: ["README.md"])
}

func capability(_ name: String, after earlier: String..., with products: Target.Dependency...) -> Target {
    layer(name, "Capabilities/\(name)", (["Domain", "Backends"] + earlier).map { .byName(name: $0) } + products)
}

func adapter(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    layer(name, "Adapters/\(name)", ["Domain", "Backends"] + dependencies)
}

func interface(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    layer(name, "Interfaces/\(name)", ["Domain"] + dependencies)
}

func tests(of name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, path: "Tests/\(name)Tests")
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
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
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        layer("Domain", "Domain", []),
        layer("Statistics", "Statistics", []),
        layer("Backends", "Backends", ["Domain", crypto]),

        capability("Governance", with: crypto),

        .systemLibrary(name: "CPostgres", path: "Sources/Adapters/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "COnnxRuntime", path: "Sources/Adapters/COnnxRuntime", exclude: ["README.md"]),
        adapter("SQLite", grdb, logging),
        adapter("Postgres", "CPostgres", logging),
        adapter("OnnxRuntime", "COnnxRuntime"),

        interface("API"),
        interface("Client", "API", httpClient, nioCore, nioFoundation, nioHTTP1),
        interface("HTTPServer", "API", "Backends", "Governance", crypto, hummingbird, httpTypes, logging, nioCore, nioFoundation),
        interface("Commands", "API", "Client", argumentParser),

        .executableTarget(
            name: "dhow",
            dependencies: [
                "Domain", "Backends", "Governance", "SQLite", "Postgres", "OnnxRuntime", "API", "Client", "HTTPServer", "Commands",
                argumentParser, hummingbird, hummingbirdTLS, lifecycle, logging, nioCore, nioSSL, yams,
            ]),

        .target(
            name: "TestSupport", dependencies: ["Domain", "Backends", "SQLite", "Postgres"], path: "Tests/TestSupport",
            exclude: ["README.md"]),
        tests(of: "Statistics"),
        tests(of: "OnnxRuntime", "Backends", "Domain"),
    ]
)

for target in package.targets where target.type != .system && target.type != .binary {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
