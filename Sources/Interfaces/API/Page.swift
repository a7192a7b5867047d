// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A page of a list; `next` is given back as `?after=` for the page that follows, nil on the last one.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    package var next: String?

    package init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

/// RFC 9457 problem details with members of our own: `code`, `fix`, and `errors` when several things are wrong at places of files.
package struct ProblemAnswer: Codable, Sendable {
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String?
    package var code: String
    package var fix: String?
    package var errors: [Problem.Fault]?

    package init(
        type: String, title: String, status: Int, detail: String?, code: String, fix: String?, errors: [Problem.Fault]? = nil
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
        self.fix = fix
        self.errors = errors
    }
}
