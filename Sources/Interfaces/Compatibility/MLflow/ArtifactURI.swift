// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Tracking

/// How MLflow writes the place of artifacts.
enum ArtifactURI {
    static let scheme = "mlflow-artifacts:/"
    private static let route = "/api/2.0/mlflow-artifacts/artifacts/"

    static func text(of location: ArtifactLocation) -> String {
        switch location {
        case .stored(let path): scheme + path.text
        case .elsewhere(let place): place
        }
    }

    /// The path in our store that a URI names: `mlflow-artifacts:/…`, with any host, or a URL of the artifact route. Nil for all else.
    ///
    /// - Throws: `Problem` `.invalid` when the path is none.
    static func path(in text: String) throws(Problem) -> ArtifactPath? {
        var rest: Substring
        if text.hasPrefix("mlflow-artifacts:") {
            rest = text.dropFirst("mlflow-artifacts:".count)
            if rest.hasPrefix("//") {
                guard let slash = rest.dropFirst(2).firstIndex(of: "/") else { return ArtifactPath.root }
                rest = rest[slash...]
            }
        } else if text.hasPrefix("http://") || text.hasPrefix("https://"), let range = text.range(of: route) {
            rest = text[range.upperBound...]
        } else {
            return nil
        }
        guard !rest.contains("?"), !rest.contains("#"), let decoded = String(rest).removingPercentEncoding else { throw refusal(text) }
        let trimmed = decoded.split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
        return try ArtifactPath(trimmed)
    }

    /// Where an experiment is to keep its artifacts; nil leaves it to us.
    static func location(_ text: String?) throws(Problem) -> ArtifactLocation? {
        guard let text, !text.isEmpty else { return nil }
        if let path = try path(in: text) { return .stored(path) }
        try requireForeign(text)
        return .elsewhere(text)
    }

    /// - Throws: `Problem` `.invalid` for what could name a file of the server, or hides where it leads.
    static func requireForeign(_ text: String) throws(Problem) {
        let twice = (text.removingPercentEncoding ?? text)
        let decoded = twice.removingPercentEncoding ?? twice
        let scheme = decoded.split(separator: ":", maxSplits: 1).first.map { $0.lowercased() } ?? ""
        guard decoded.contains("://"), !scheme.isEmpty, scheme != "file",
            scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }),
            !decoded.contains(".."), !decoded.contains("#"), !decoded.contains("?"), !decoded.contains("\\")
        else { throw refusal(text) }
    }

    private static func refusal(_ text: String) -> Problem {
        Problem(
            .invalid, "mlflow.uri.refused", "Invalid artifact location or source: '\(text.printable)'.",
            why:
                "A location is mlflow-artifacts:/…, or a URL of another store without '..', '?' and '#'; it is never a path of the server.",
            fix: "Leave it out to keep artifacts on this server.")
    }
}
