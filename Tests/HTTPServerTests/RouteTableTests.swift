// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Logging
import Testing

@testable import dhow

/// The table the server really answers by, with all roles.
@Suite struct RouteTableTests {
    /// What answers without a token, and why that gives nothing away.
    private static let open: [String: String] = [
        "/livez": "says only that the process answers",
        "/readyz": "says only whether to send requests",
        "/api/v1/version": "the program's name and version",
        "/api/v1/schemas": "the kinds of documents, the same in every installation",
        "/api/v1/schemas/{kind}": "the shape of a kind of documents, fetched by editors",
        "/health": "MLflow's liveness probe",
        "/version": "the MLflow version spoken, asked before logging in",
        "/": "KServe's liveness probe",
        "/ping": "MLflow's and SageMaker's probe: says only whether to send requests",
        "/v2": "Open Inference server metadata",
        "/v2/health/live": "Open Inference's liveness probe",
        "/v2/health/ready": "Open Inference's readiness probe",
        "/api/3.0/mlflow/server-info": "what the protocol offers, asked before logging in",
        "/ajax-api/3.0/mlflow/server-info": "what the protocol offers, asked before logging in",
    ]

    /// What answers to a link that this server signed for one file, one action and a time, instead of a token.
    private static let signed: Set<String> = [
        "/api/2.0/mlflow-artifacts/links/download", "/api/2.0/mlflow-artifacts/links/upload", "/api/2.0/mlflow-artifacts/links/part",
    ]

    private func routes() async throws -> [Route] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-test-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let storage = try await Storage(settings: try Settings(flags: ["data": folder], configuration: nil, environment: [:]))
        try await Migrator(Schema.migrations).migrate(storage.database)
        let platform = try await Platform(storage: storage, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let routes = platform.routeTable(for: Set(ServerRole.allCases), authentication: .tokens).routes
        await storage.database.close()
        return routes
    }

    @Test("opens these routes and no others, each with a reason, and only for reading unless by a signed link")
    func openRoutes() async throws {
        let open = try await routes().filter { if case .open = $0.access { true } else { false } }
        #expect(Set(open.map(\.path)) == Set(Self.open.keys).union(Self.signed))
        for route in open {
            guard case .open(let reason) = route.access else { continue }
            #expect(reason.count > 20, "\(route.path)")
            #expect(route.method == .get || Self.signed.contains(route.path), "\(route.path)")
        }
    }

    @Test("has each method and path once, whatever its parameters are called")
    func unique() async throws {
        let keys = try await routes().map { route in
            "\(route.method) " + route.path.replacing(/\{[^}]*\}/, with: "{}").replacing(/\/:[^\/]+/, with: "/{}")
        }
        #expect(keys.count > 100)
        for (key, same) in Dictionary(grouping: keys, by: { $0 }) { #expect(same.count == 1, "\(key)") }
    }

    @Test("lets a viewer change nothing through the native API")
    func viewers() async throws {
        for route in try await routes() where route.path.hasPrefix("/api/v1/") && route.method != .get {
            guard case .permission(let permission) = route.access else { continue }
            #expect(!Role.viewer.permissions.contains(permission), "\(route.method) \(route.path)")
        }
    }

    @Test(
        "lets a viewer read all of the native API but links to approvals, tokens, bindings, imports, whole exports, secrets' names and webhooks, whose URLs can be secrets"
    )
    func readers() async throws {
        let reserved: Set<Permission> = [.approvalDecide, .identityRead, .importRun, .exportRead, .webhookRead, .secretRead]
        for route in try await routes() where route.path.hasPrefix("/api/v1/") && route.method == .get {
            guard case .permission(let permission) = route.access else { continue }
            #expect(Role.viewer.permissions.contains(permission) != reserved.contains(permission), "\(route.path)")
        }
    }

    @Test("bounds every request's body")
    func bodies() async throws {
        for route in try await routes() { #expect(route.bodyLimit > 0, "\(route.path)") }
    }
}
