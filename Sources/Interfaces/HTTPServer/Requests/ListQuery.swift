// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Hummingbird

/// What the query of a list asks for: the place to go on from, how many, and filters by name.
struct ListQuery {
    static let maximumLimit = 1000

    /// `next` of the page before.
    let after: String?
    /// 1 to 1000; 100 when absent.
    let limit: Int
    private let request: Request

    /// - Throws: `Problem` `.invalid` for a limit that is no number from 1 to 1000.
    init(_ request: Request) throws(Problem) {
        self.request = request
        after = request.uri.queryParameters["after"].map(String.init)
        let text = request.uri.queryParameters["limit"].map(String.init)
        limit = text.map { Int($0) ?? 0 } ?? 100
        guard (1...Self.maximumLimit).contains(limit) else {
            throw Problem(
                .invalid, "request.query.limit", "'\((text ?? "").printable)' is not a page size.",
                fix: "Give a 'limit' from 1 to \(Self.maximumLimit).")
        }
    }

    func text(_ name: String) -> String? {
        request.uri.queryParameters[name[...]].map(String.init)
    }

    /// - Throws: `Problem` `.invalid` when it is not there.
    func requiredText(_ name: String) throws(Problem) -> String {
        guard let value = text(name), !value.isEmpty else {
            throw Problem(.invalid, "request.query.missing", "The query needs a value for '\(name)'.", fix: "Add '?\(name)=…'.")
        }
        return value
    }

    /// - Throws: `Problem` `.invalid` when it is there and not a whole number.
    func integer(_ name: String) throws(Problem) -> Int64? {
        guard let text = text(name) else { return nil }
        guard let value = Int64(text) else {
            throw Problem(.invalid, "request.query.malformed", "'\(text.printable)' is not a whole number, as '\(name)' must be.")
        }
        return value
    }

    /// - Throws: `Problem` `.invalid` when it is there and not one of the cases.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Choice.Type) throws(Problem) -> Choice? {
        guard let text = text(name) else { return nil }
        return try Choice.named(text, as: name)
    }

    /// A page of all rows that were found for this query; it has a next one when it is full.
    func page<Row, Item>(_ rows: [Row], id: (Row) -> String, _ item: (Row) -> Item) -> Page<Item> {
        Page(items: rows.map(item), next: rows.count == limit ? rows.last.map(id) : nil)
    }
}

extension RawRepresentable<String> where Self: CaseIterable {
    /// - Throws: `Problem` `.invalid` that names the cases.
    static func named(_ text: String, as name: String) throws(Problem) -> Self {
        guard let value = Self(rawValue: text) else {
            throw Problem(
                .invalid, "request.value.unknown", "'\(text.printable)' is not a value of '\(name)'.",
                fix: "Use one of \(allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return value
    }
}
