// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// MLflow's users are principals here, its administrators those bound to the role `admin` in every workspace. What has no counterpart
/// (passwords, permissions on single experiments or models, roles made by people) is answered with 501 and the command that does it.
struct UserRoutes: RouteGroup {
    let identity: Identity

    var routes: [Route] {
        let users = "2.0/mlflow/users/"
        return [
            MLflowRoute.routes([.get], users + "current", .systemRead) { call in
                let isAdministrator = call.caller.session.roles[Session.everyWorkspace]?.contains(.admin) ?? false
                return JSONWriter.object { writer in
                    writer.member("user") { Self.write(call.caller.principal.name, isAdministrator, to: &$0) }
                    // Its web page offers another password where it is true.
                    writer.member("is_basic_auth", false)
                }
            },
            MLflowRoute.routes([.get], users + "get", .identityRead) { call in
                let name = try call.fields.required("username")
                guard let user = try await all(call.caller).first(where: { $0.name == name }) else { throw Self.unknown(name) }
                return JSONWriter.object { $0.member("user") { Self.write(user.name, user.isAdministrator, to: &$0) } }
            },
            MLflowRoute.routes([.get], users + "list", .identityRead) { call in
                let found = try await all(call.caller)
                return JSONWriter.object { writer in
                    writer.member("users", objects: found) { Self.write($0.name, $0.isAdministrator, to: &$1) }
                }
            },
            MLflowRoute.routes([.patch], users + "update-admin", .identityManage, MLflowRoute.done(updateAdministrator)),
        ].flatMap(\.self) + Self.refused
    }

    private func updateAdministrator(_ call: MLflowCall) async throws {
        let name = try call.fields.required("username")
        guard let wanted = try call.fields.bool("is_admin") else { throw MLflowFields.missing("is_admin") }
        guard let user = try await all(call.caller).first(where: { $0.name == name }) else { throw Self.unknown(name) }
        guard user.isAdministrator != wanted else { return }
        let binding = Binding(principal: name, workspace: Session.everyWorkspace, role: .admin)
        _ = wanted ? try await identity.bind(binding, by: call.caller) : try await identity.unbind(binding, by: call.caller)
    }

    /// Users with a token or a binding, by name; service accounts are none.
    private func all(_ caller: Caller) async throws -> [(name: String, isAdministrator: Bool)] {
        let tokens = try await identity.tokens(by: caller)
        let bindings = try await identity.bindings(by: caller)
        let administrators = Set(
            bindings.filter { $0.role == .admin && $0.workspace == Session.everyWorkspace }.map(\.principal))
        return Set(tokens.map(\.principal).filter { $0.kind == .user }.map(\.name)).sorted().map { ($0, administrators.contains($0)) }
    }

    private static func write(_ name: String, _ isAdministrator: Bool, to writer: inout JSONWriter) {
        writer.member("id", name)
        writer.member("username", name)
        writer.member("is_admin", isAdministrator)
    }

    private static func unknown(_ name: String) -> Problem {
        Problem(
            .notFound, "identity.principal.unknown", "User with username=\(name.printable) not found",
            fix: "Make it with its first token: dhow token create NAME --role ROLE.")
    }
}

/// The calls without a counterpart, each with the command that does what it is for.
extension UserRoutes {
    private static let tokens = "dhow token create NAME --role ROLE"
    private static let bindings = "dhow binding create NAME ROLE, dhow binding delete NAME ROLE, dhow binding list"
    private static let perWorkspace = "Permissions come from roles, and roles are held in a workspace: \(bindings)"

    private static let refusals: [(method: HTTPRequest.Method, path: String, fix: String)] = [
        (.post, "2.0/mlflow/users/create", "Users have tokens that the server makes, no passwords: \(tokens)"),
        (.patch, "2.0/mlflow/users/update-password", "Users have tokens, no passwords: \(tokens), dhow token revoke ID"),
        (.delete, "2.0/mlflow/users/delete", "A name stays its user's for good: dhow token revoke ID, dhow binding delete NAME ROLE"),
        (.post, "3.0/mlflow/roles/create", "Roles are fixed: viewer, editor, approver, operator, admin. \(perWorkspace)"),
        (.patch, "3.0/mlflow/roles/update", "Roles are fixed: viewer, editor, approver, operator, admin. \(perWorkspace)"),
        (.delete, "3.0/mlflow/roles/delete", "Roles are fixed: viewer, editor, approver, operator, admin. \(perWorkspace)"),
        (.get, "3.0/mlflow/roles/get", perWorkspace), (.get, "3.0/mlflow/roles/list", perWorkspace),
        (.post, "3.0/mlflow/roles/permissions/add", perWorkspace), (.delete, "3.0/mlflow/roles/permissions/remove", perWorkspace),
        (.get, "3.0/mlflow/roles/permissions/list", perWorkspace), (.patch, "3.0/mlflow/roles/permissions/update", perWorkspace),
        (.post, "3.0/mlflow/roles/assign", perWorkspace), (.delete, "3.0/mlflow/roles/unassign", perWorkspace),
        (.get, "3.0/mlflow/roles/users/list", perWorkspace), (.get, "3.0/mlflow/users/roles/list", perWorkspace),
        (.get, "3.0/mlflow/users/permissions/list", perWorkspace), (.get, "3.0/mlflow/users/current/permissions", perWorkspace),
        (.post, "3.0/mlflow/users/permissions/grant", perWorkspace), (.post, "3.0/mlflow/users/permissions/revoke", perWorkspace),
        (.get, "3.0/mlflow/users/permissions/get", perWorkspace),
    ]

    private static let resources = ["experiments", "registered-models"].flatMap { resource in
        [(HTTPRequest.Method.post, "create"), (.get, "get"), (.patch, "update"), (.delete, "delete")].map { method, verb in
            (method: method, path: "2.0/mlflow/\(resource)/permissions/\(verb)", fix: perWorkspace)
        }
    }

    fileprivate static var refused: [Route] {
        ["/api/", "/ajax-api/"].flatMap { prefix in
            (refusals + resources).map { refusal in
                Route(refusal.method, prefix + refusal.path, .permission(.systemRead), problems: .mlflow) { _, _ in
                    let body = JSONWriter.object { writer in
                        writer.member("error_code", "NOT_IMPLEMENTED")
                        writer.member("message", "Dhow does not do this through MLflow's protocol. " + refusal.fix)
                    }
                    return Answer.data(Data(body.bytes), type: "application/json", status: .notImplemented)
                }
            }
        }
    }
}
