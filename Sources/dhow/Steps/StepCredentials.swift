// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Pipelines

/// What lets a step's own `mlflow` client reach this server: its address, and a token that is good until its execution ends, at most a day.
struct StepCredentials: Sendable {
    static let lifetime = Duration.seconds(24 * 3600)
    /// The service account that steps act as, with the role `editor` in their workspace.
    static let principal = Principal(name: "steps", kind: .service)

    let identity: Identity
    let address: ServerAddress

    /// What every step finds: the server's own search path, so that steps use the programs it was started with.
    static var hostEnvironment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        var environment = [
            "PATH": own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "LANG": own["LANG"] ?? "C.UTF-8", "PYTHONUNBUFFERED": "1",
        ]
        environment["VIRTUAL_ENV"] = own["VIRTUAL_ENV"]
        return environment
    }

    func variables(for execution: Execution, _ caller: Caller) async throws -> [String: String] {
        guard let address = address.known else {
            throw Problem(
                .unavailable, "pipelines.address.unknown", "The server does not listen yet.", fix: "Nothing: the step starts when it does.")
        }
        let expires = Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000)) + Self.lifetime
        let (_, secret) = try await identity.createToken(
            for: Self.principal, note: Self.note(of: execution), expires: expires, by: caller)
        _ = try await identity.bind(Binding(principal: Self.principal.name, workspace: caller.workspace, role: .editor), by: caller)
        guard let secret else { return [:] }
        return [
            "MLFLOW_TRACKING_URI": address, "MLFLOW_TRACKING_TOKEN": secret.text,
            "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet",
        ]
    }

    func revoke(for execution: Execution, _ caller: Caller) async throws {
        try await identity.revokeTokens(of: Self.principal, noted: Self.note(of: execution), by: caller)
    }

    private static func note(of execution: Execution) -> String { "execution \(execution.id)" }
}
