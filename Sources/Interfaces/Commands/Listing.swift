// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
package import Client
import Domain
import Foundation

/// How much of a list is wanted; shared by the commands that list what grows without bound.
struct ListingOptions: ParsableArguments {
    @Option(help: "How many at most.") var limit = 100

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a number above 0.") }
    }
}

extension DhowClient {
    /// The first items of a list, asked for page by page.
    package func items<Item: Codable & Sendable>(
        _ path: String, _ query: [String: String?] = [:], limit: Int, as type: Item.Type = Item.self
    ) async throws -> [Item] {
        var items: [Item] = []
        var query = query
        repeat {
            query["limit"] = "\(min(limit - items.count, 1000))"
            let page: Page<Item> = try await get(path, query)
            items += page.items
            query["after"] = page.next
            guard page.next != nil else { break }
        } while items.count < limit
        return items
    }
}

/// A path of the API with the segments given by people encoded, so that no name changes where a request goes.
package func path(_ segments: String...) -> String { path(segments) }

package func path(_ segments: [String]) -> String {
    let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return "/api/v1/" + segments.map { $0.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "" }.joined(separator: "/")
}

extension String {
    /// The parts of a key or file path that the API takes as segments of its own.
    var segments: [String] { split(separator: "/", omittingEmptySubsequences: false).map(String.init) }
}
