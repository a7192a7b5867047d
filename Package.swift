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

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "dhow",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "dhow", targets: ["dhow"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .executableTarget(
            name: "dhow",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"), crypto, logging, yams, hummingbird,
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ])
    ]
)

for target in package.targets where target.type != .system && target.type != .binary {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
