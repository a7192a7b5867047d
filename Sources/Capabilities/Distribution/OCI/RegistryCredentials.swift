// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// What a client shows a registry to be let in.
package enum RegistryCredential: Hashable, Sendable {
    case password(user: String, String)
    /// Sent as it is.
    case token(String)

    /// Of a header `Authorization`.
    var header: String {
        switch self {
        case .password(let user, let password): "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        case .token(let token): "Bearer \(token)"
        }
    }
}

extension RegistryCredential: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
}

/// Credentials by registry, in the form of Docker's `config.json`: each is only ever shown to the registry that it is for.
package struct RegistryCredentials: Sendable {
    private let byAuthority: [String: RegistryCredential]

    /// - Parameter text: `{"auths": {"registry.example.org": {"auth": "<base 64 of USER:PASSWORD>"}}}`; also with `username` and `password`,
    ///   or a `registrytoken`. Helpers, which are programs, are not called.
    /// - Throws: `Problem` `.invalid` `oci.credentials.malformed`, without a word of the text.
    package init(_ text: String) throws(Problem) {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(text.utf8)) else {
            throw Self.refusal("It is no JSON with a member 'auths'.")
        }
        var found: [String: RegistryCredential] = [:]
        for (key, entry) in file.auths {
            guard let credential = try Self.credential(entry) else { continue }
            found[Self.authority(key)] = credential
        }
        byAuthority = found
    }

    package func credential(for authority: String) -> RegistryCredential? { byAuthority[Self.authority(authority)] }

    /// Registries that there is something for, for a message.
    package var authorities: [String] { byAuthority.keys.sorted() }

    private struct File: Decodable {
        var auths: [String: Entry]
    }

    private struct Entry: Decodable {
        var auth: String?
        var username: String?
        var password: String?
        var registrytoken: String?
    }

    private static func credential(_ entry: Entry) throws(Problem) -> RegistryCredential? {
        if let token = entry.registrytoken, !token.isEmpty {
            guard token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw refusal("A token in it is no plain text.") }
            return .token(token)
        }
        if let user = entry.username, let password = entry.password { return .password(user: user, password) }
        guard let auth = entry.auth, !auth.isEmpty else { return nil }
        guard let data = Data(base64Encoded: auth), let pair = String(data: data, encoding: .utf8), let mark = pair.firstIndex(of: ":")
        else {
            throw refusal("An 'auth' in it is not the base 64 of USER:PASSWORD.")
        }
        return .password(user: String(pair[..<mark]), String(pair[pair.index(after: mark)...]))
    }

    /// Docker writes some registries as URLs, its own as one of its older interface.
    private static func authority(_ key: String) -> String {
        var text = key.lowercased()
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = String(text.dropFirst(scheme.count)) }
        if let slash = text.firstIndex(of: "/") { text = String(text[..<slash]) }
        return ["index.docker.io", "registry-1.docker.io"].contains(text) ? "docker.io" : text
    }

    private static func refusal(_ why: String) -> Problem {
        Problem(
            .invalid, "oci.credentials.malformed", "The secret holds no credentials for registries.", why: why,
            fix: "Set it to a file as 'docker login' writes it: dhow secret set NAME --file ~/.docker/config.json.")
    }
}
